package main

// meanings says what the tokens of the small enumerations mean.
func meanings() map[string]string {
	return map[string]string{
		"connect":   "metadata is retrieved before the machine is evaluated",
		"use_local": "the machine is evaluated with the stored metadata; nothing is connected to",
		"fail":      "the scan fails at once",

		"forced_to_connect":   "a forced online scan always connects (DEC-1)",
		"metadata_not_fresh":  "a non-forced online scan connects because the metadata is not fresh (DEC-2)",
		"metadata_fresh":      "a non-forced online scan uses fresh metadata (DEC-2)",
		"forced_offline_scan": "a forced offline scan uses what is stored (DEC-3)",
		"no_offline_history":  "a forced offline scan and nothing is stored (DEC-4)",
		"invalid_type":        "not used by any vector",

		"within_ttl":      "fresh: the age is the TTL or less (TTL-2)",
		"expired":         "the age is more than the TTL (TTL-2)",
		"absent":          "there is no stamp (TTL-3)",
		"from_future":     "the stamp is ahead of now by more than the tolerance (TTL-7)",
		"version_too_low": "the version is below the required one (TTL-8)",

		"completed":             "every update was evaluated; 501/3",
		"completed_with_errors": "the scan completed and an update is unknown; 501/6 (DIFF-5)",
		"pending_retry":         "the attempt failed and will be made again; 501/4",
		"failed":                "the scan failed for good; 501/5",
		"refused":               "the request was not accepted and no scan began",

		"same_location": "the same location after the delay",
		"next_location": "the next location after the delay",
		"stop":          "no further attempt",

		"retries_left":  "the location has retries left",
		"retries_used":  "its retries are used up and another location is left",
		"not_retryable": "the code is not in the table",
		"exhausted":     "the retries of the last location are used up",
		"no_failure":    "the code is no failure, or the scan was cut short (WF-10)",

		"unknown":      "nothing is known, or it could not be evaluated",
		"not_required": "the update does not apply to the client",
		"required":     "the update applies and is missing",
		"installed":    "the update is there",

		"first":   "never recorded before (DIFF-2)",
		"changed": "another state than recorded (DIFF-2)",
		"revised": "the same state, another revision (DIFF-7)",
		"removed": "gone from the results (DIFF-6)",

		"reported_unknown": "the client has reported it",
		"feature_off":      "the owner has switched the feature off for the client",
		"message_bad":      "a message came and was bad (SITE-7)",
		"never_heard":      "nothing was ever heard of the client",
		"message_lost":     "something is missing, or a resync is under way (SITE-3, SITE-4)",
		"never_scanned":    "the client reports, and never that a scan began",
		"scan_running":     "its last scan has not ended",
		"scan_failed":      "its last scan failed, or waits for a retry",
		"nothing_received": "its last scan completed, and nothing of the update has come",
	}
}
