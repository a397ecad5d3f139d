package wsus

// codeName is a code with its documented name.
type codeName struct {
	code Code
	name string
}

// codeNames are the documented codes in ascending order; never written to.
//
// Sources: for 0x8024xxxx the update agent's published error reference, in
// which 0x8024402C, quoted from memory elsewhere, is listed too; for
// 0x87D0xxxx two independent public tables of client errors, which agree;
// for 0x8007xxxx the published error numbers of the HTTP stack (12002 and
// so on, plus 0x80070000). The names of 0x80072EFD and 0x80072EFE are
// recalled: no source says that the retry table means these. 0x80040693 is
// inferred to be 0x87D00693 in the numbering of 2007.
var codeNames = [...]codeName{
	{0x80004005, "E_FAIL"},
	{0x80040693, "Windows Updates Agent version too low"}, // inferred
	{0x80072EE2, "WININET_E_TIMEOUT"},
	{0x80072EE7, "WININET_E_NAME_NOT_RESOLVED"},
	{0x80072EFD, "WININET_E_CANNOT_CONNECT"},     // recalled
	{0x80072EFE, "WININET_E_CONNECTION_ABORTED"}, // recalled
	{0x80072EFF, "WININET_E_CONNECTION_RESET"},
	{0x80072F7D, "WININET_E_SECURITY_CHANNEL_ERROR"},
	{0x80072F8F, "WININET_E_DECODING_FAILED"},
	{0x8024000B, "WU_E_CALL_CANCELLED"},
	{0x8024001A, "WU_E_POLICY_NOT_SET"},
	{0x8024001E, "WU_E_SERVICE_STOP"},
	{0x80244004, "WU_E_PT_SOAPCLIENT_CONNECT"},
	{0x80244005, "WU_E_PT_SOAPCLIENT_SEND"},
	{0x80244006, "WU_E_PT_SOAPCLIENT_SERVER"},
	{0x80244007, "WU_E_PT_SOAPCLIENT_SOAPFAULT"},
	{0x80244008, "WU_E_PT_SOAPCLIENT_PARSEFAULT"},
	{0x80244009, "WU_E_PT_SOAPCLIENT_READ"},
	{0x8024400A, "WU_E_PT_SOAPCLIENT_PARSE"},
	{0x8024400B, "WU_E_PT_SOAP_VERSION"},
	{0x8024400C, "WU_E_PT_SOAP_MUST_UNDERSTAND"},
	{0x8024400D, "WU_E_PT_SOAP_CLIENT"},
	{0x8024400E, "WU_E_PT_SOAP_SERVER"},
	{0x80244010, "WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS"},
	{0x80244011, "WU_E_PT_SUS_SERVER_NOT_SET"},
	{0x80244015, "WU_E_PT_REFRESH_CACHE_REQUIRED"},
	{0x80244016, "WU_E_PT_HTTP_STATUS_BAD_REQUEST"},
	{0x80244017, "WU_E_PT_HTTP_STATUS_DENIED"},
	{0x80244018, "WU_E_PT_HTTP_STATUS_FORBIDDEN"},
	{0x80244019, "WU_E_PT_HTTP_STATUS_NOT_FOUND"},
	{0x8024401A, "WU_E_PT_HTTP_STATUS_BAD_METHOD"},
	{0x8024401B, "WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ"},
	{0x8024401C, "WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT"},
	{0x8024401D, "WU_E_PT_HTTP_STATUS_CONFLICT"},
	{0x8024401E, "WU_E_PT_HTTP_STATUS_GONE"},
	{0x8024401F, "WU_E_PT_HTTP_STATUS_SERVER_ERROR"},
	{0x80244020, "WU_E_PT_HTTP_STATUS_NOT_SUPPORTED"},
	{0x80244021, "WU_E_PT_HTTP_STATUS_BAD_GATEWAY"},
	{0x80244022, "WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL"},
	{0x80244023, "WU_E_PT_HTTP_STATUS_GATEWAY_TIMEOUT"},
	{0x80244024, "WU_E_PT_HTTP_STATUS_VERSION_NOT_SUP"},
	{0x80244025, "WU_E_PT_FILE_LOCATIONS_CHANGED"},
	{0x80244026, "WU_E_PT_REGISTRATION_NOT_SUPPORTED"},
	{0x80244027, "WU_E_PT_NO_AUTH_PLUGINS_REQUESTED"},
	{0x80244028, "WU_E_PT_NO_AUTH_COOKIES_CREATED"},
	{0x80244029, "WU_E_PT_INVALID_CONFIG_PROP"},
	{0x8024402A, "WU_E_PT_CONFIG_PROP_MISSING"},
	{0x8024402B, "WU_E_PT_HTTP_STATUS_NOT_MAPPED"},
	{0x8024402C, "WU_E_PT_WINHTTP_NAME_NOT_RESOLVED"},
	{0x80244FFF, "WU_E_PT_UNEXPECTED"},
	{0x8024F004, "WU_E_SERVER_BUSY"},
	{0x87D00600, "Scan tool policy not found"},
	{0x87D00601, "Scanning for updates timed out"},
	{0x87D00602, "Content location request timed out"},
	{0x87D00603, "Scan tool policy removed before the scan completed"},
	{0x87D00604, "Scan tool not found in the job queue"},
	{0x87D00605, "Scan tool removed"},
	{0x87D00606, "Offline scan tool history not found"},
	{0x87D00607, "Content not found"},
	{0x87D00608, "Invalid instance type"},
	{0x87D00628, "Invalid content location"},
	{0x87D00629, "Rescan of the updates is pending"},
	{0x87D00630, "Maximum retries exhausted"},
	{0x87D00631, "Scan retry is pending"},
	{0x87D00632, "The online scan is pending"},
	{0x87D00633, "The offline scan is pending"},
	{0x87D00634, "Legacy scanner not supported"},
	{0x87D00650, "Pre-install scan failed"},
	{0x87D00651, "Post-install scan failed"},
	{0x87D00657, "Error detecting update status after scan success"},
	{0x87D00661, "Error detecting update status after installation success"},
	{0x87D00668, "Software update still detected as actionable after apply"},
	{0x87D00691, "Software update source not found"},
	{0x87D00692, "Group policy conflict"},
	{0x87D00693, "Windows Updates Agent version too low"},
	{0x87D00694, "WSUS source already exists"},
	{0x87D00695, "Incomplete scan results"},
	{0x87D00696, "Already installed"},
	{0x87D00697, "Already installed but requires a restart"},
}
