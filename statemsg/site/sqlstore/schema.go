package sqlstore

import (
	"strings"

	"github.com/updatescan/updatescan/internal/sqldb"
)

// schema is what the tables are.
var schema = sqldb.Schema{Table: "site_schema", Name: "site", Owner: "a site", Migrations: []sqldb.Migration{
	{
		What:       "clients, updates, states, what is missing and what was bad",
		Statements: version1,
		Tables: map[string][]string{
			"site_schema": {"name", "version"},
			"site":        {"id", "epoch", "commits", "as_of_s", "kept_total"},
			"clients": {
				"client_id", "client", "netbios_name", "version", "enabled", "life", "highest_serial", "missing_serials",
				"missing_since_s", "refreshing", "resync_number", "resync_asked_s", "resync_open", "resync_wanted",
				"first_heard_s", "last_heard_s", "reports", "messages", "duplicates", "stale", "bad_records", "bad_reports", "data",
			},
			"updates":        {"update_id", "unique_id"},
			"update_states":  {"client_id", "update_id", "state", "revision", "serial", "changed_us", "received_s", "life", "other"},
			"other_states":   {"client_id", "topic_type", "topic_id", "state", "serial", "changed_us", "received_s", "life", "other"},
			"missing_ranges": {"client_id", "from_serial", "to_serial", "since_s"},
			"kept_bad":       {"number", "client", "received_s", "whole_report", "topic_type", "topic_id", "serial", "reason", "body", "bytes"},

			"client_updates":   {"client", "netbios_name", "unique_id", "state_id", "state", "unknown_reason", "revision", "changed_at", "received_at", "serial"},
			"update_summary":   {"unique_id", "required", "not_required", "installed", "unknown", "total", "compliant_percent", "as_of"},
			"client_contacts":  {"client", "netbios_name", "version", "enabled", "first_heard_at", "last_heard_at", "silent_hours", "resets", "resync_open", "resync_asked_at", "as_of"},
			"scan_states":      {"client", "netbios_name", "source_id", "state_id", "state", "changed_at", "received_at"},
			"missing_messages": {"client", "netbios_name", "from_serial", "to_serial", "serials", "missing_since", "resync_open", "resync_asked_at"},
			"bad_records":      {"number", "client", "received_at", "topic_type", "topic_id", "serial", "reason", "body", "bytes"},
			"bad_reports":      {"number", "client", "received_at", "reason", "body", "bytes"},
		},
	},
}}

// Times are numbers, in seconds or microseconds since 1970, so that rows are small;
// the views tell the time. Texts are compared byte by byte in both dialects.
const tables1 = `
CREATE TABLE site_schema (name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL);
INSERT INTO site_schema (name, version) VALUES ('site', 0);
CREATE TABLE site (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	epoch BIGINT NOT NULL, commits BIGINT NOT NULL, as_of_s BIGINT, kept_total BIGINT NOT NULL);
INSERT INTO site (id, epoch, commits, kept_total) VALUES (1, 0, 0, 0);
CREATE TABLE clients (
	client_id INTEGER NOT NULL PRIMARY KEY,
	client CTEXT NOT NULL UNIQUE,
	netbios_name TEXT NOT NULL, version TEXT NOT NULL, enabled SMALLINT NOT NULL,
	life BIGINT NOT NULL, highest_serial BIGINT NOT NULL,
	missing_serials BIGINT NOT NULL, missing_since_s BIGINT, refreshing SMALLINT NOT NULL,
	resync_number BIGINT NOT NULL, resync_asked_s BIGINT, resync_open SMALLINT NOT NULL, resync_wanted SMALLINT NOT NULL,
	first_heard_s BIGINT, last_heard_s BIGINT,
	reports BIGINT NOT NULL, messages BIGINT NOT NULL, duplicates BIGINT NOT NULL, stale BIGINT NOT NULL,
	bad_records BIGINT NOT NULL, bad_reports BIGINT NOT NULL,
	data BLOB NOT NULL);
CREATE INDEX clients_due ON clients (client) WHERE missing_since_s IS NOT NULL OR resync_wanted = 1;
CREATE TABLE updates (update_id INTEGER NOT NULL PRIMARY KEY, unique_id CTEXT NOT NULL UNIQUE);
CREATE TABLE update_states (
	serial BIGINT NOT NULL, changed_us BIGINT NOT NULL, received_s BIGINT NOT NULL, life BIGINT NOT NULL, revision BIGINT,
	client_id INTEGER NOT NULL, update_id INTEGER NOT NULL, state INTEGER NOT NULL, other TEXT,
	PRIMARY KEY (client_id, update_id)) CLUSTERED;
CREATE TABLE other_states (
	client_id INTEGER NOT NULL, topic_type INTEGER NOT NULL, topic_id CTEXT NOT NULL,
	state INTEGER NOT NULL, serial BIGINT NOT NULL, changed_us BIGINT NOT NULL, received_s BIGINT NOT NULL, life BIGINT NOT NULL,
	other TEXT,
	PRIMARY KEY (client_id, topic_type, topic_id)) CLUSTERED;
CREATE TABLE missing_ranges (
	client_id INTEGER NOT NULL, from_serial BIGINT NOT NULL, to_serial BIGINT NOT NULL, since_s BIGINT NOT NULL,
	PRIMARY KEY (client_id, from_serial)) CLUSTERED;
CREATE TABLE kept_bad (
	number BIGINT NOT NULL PRIMARY KEY, client CTEXT NOT NULL, received_s BIGINT NOT NULL, whole_report SMALLINT NOT NULL,
	topic_type INTEGER NOT NULL, topic_id CTEXT NOT NULL, serial BIGINT NOT NULL, reason TEXT NOT NULL,
	body BLOB, bytes BIGINT NOT NULL);
CREATE INDEX kept_bad_client ON kept_bad (client)`

// Views: SECONDS(x) is the time of a number of seconds, MICROS(x) of microseconds.
const views1 = `
CREATE VIEW client_updates AS
SELECT c.client, c.netbios_name, u.unique_id,
	CASE WHEN s.state IN (1, 2, 3) THEN s.state ELSE 0 END AS state_id,
	CASE s.state WHEN 1 THEN 'Not Required' WHEN 2 THEN 'Required' WHEN 3 THEN 'Installed' ELSE 'Unknown' END AS state,
	CASE
		WHEN s.state IN (1, 2, 3) THEN NULL
		WHEN s.state IS NOT NULL THEN 'reported_unknown'
		WHEN c.enabled = 0 THEN 'feature_off'
		WHEN EXISTS (SELECT 1 FROM kept_bad k WHERE k.client = c.client
			AND (k.whole_report = 1 OR k.topic_type = 500 AND k.topic_id = u.unique_id)) THEN 'message_bad'
		WHEN c.first_heard_s IS NULL THEN 'never_heard'
		WHEN c.missing_since_s IS NOT NULL OR c.refreshing = 1 OR c.resync_open = 1 OR c.resync_wanted = 1 THEN 'message_lost'
		ELSE COALESCE((SELECT CASE WHEN o.state IN (1, 2) THEN 'scan_running' WHEN o.state IN (4, 5) THEN 'scan_failed' ELSE 'nothing_received' END
			FROM other_states o WHERE o.client_id = c.client_id AND o.topic_type = 501
			ORDER BY o.life DESC, o.serial DESC, o.topic_id DESC LIMIT 1), 'never_scanned')
	END AS unknown_reason,
	s.revision, MICROS(s.changed_us) AS changed_at, SECONDS(s.received_s) AS received_at, s.serial
FROM clients c CROSS JOIN updates u
LEFT JOIN update_states s ON s.client_id = c.client_id AND s.update_id = u.update_id;
CREATE VIEW update_summary AS
SELECT u.unique_id, n.required, n.not_required, n.installed,
	t.total - n.required - n.not_required - n.installed AS unknown, t.total,
	CAST(100.0 * (n.not_required + n.installed) / t.total AS DOUBLE PRECISION) AS compliant_percent,
	SECONDS(site.as_of_s) AS as_of
FROM (SELECT update_id,
		SUM(CASE state WHEN 2 THEN 1 ELSE 0 END) AS required,
		SUM(CASE state WHEN 1 THEN 1 ELSE 0 END) AS not_required,
		SUM(CASE state WHEN 3 THEN 1 ELSE 0 END) AS installed
	FROM update_states GROUP BY update_id) n
JOIN updates u ON u.update_id = n.update_id
CROSS JOIN (SELECT COUNT(*) AS total FROM clients) t
CROSS JOIN site;
CREATE VIEW client_contacts AS
SELECT c.client, c.netbios_name, c.version, c.enabled, SECONDS(c.first_heard_s) AS first_heard_at,
	SECONDS(c.last_heard_s) AS last_heard_at, (site.as_of_s - c.last_heard_s) / 3600 AS silent_hours,
	CASE WHEN c.life > 1 THEN c.life - 1 ELSE 0 END AS resets,
	c.resync_open, SECONDS(c.resync_asked_s) AS resync_asked_at, SECONDS(site.as_of_s) AS as_of
FROM clients c CROSS JOIN site;
CREATE VIEW scan_states AS
SELECT c.client, c.netbios_name, o.topic_id AS source_id, o.state AS state_id,
	CASE o.state WHEN 1 THEN 'Waiting for catalog location' WHEN 2 THEN 'Running' WHEN 3 THEN 'Completed'
		WHEN 4 THEN 'Pending retry' WHEN 5 THEN 'Failed' WHEN 6 THEN 'Completed with errors' ELSE 'Unknown' END AS state,
	MICROS(o.changed_us) AS changed_at, SECONDS(o.received_s) AS received_at
FROM clients c JOIN other_states o ON o.client_id = c.client_id AND o.topic_type = 501
	AND o.topic_id = (SELECT l.topic_id FROM other_states l WHERE l.client_id = c.client_id AND l.topic_type = 501
		ORDER BY l.life DESC, l.serial DESC, l.topic_id DESC LIMIT 1);
CREATE VIEW missing_messages AS
SELECT c.client, c.netbios_name, m.from_serial, m.to_serial, m.to_serial - m.from_serial + 1 AS serials,
	SECONDS(m.since_s) AS missing_since, c.resync_open, SECONDS(c.resync_asked_s) AS resync_asked_at
FROM missing_ranges m JOIN clients c ON c.client_id = m.client_id;
CREATE VIEW bad_records AS
SELECT number, client, SECONDS(received_s) AS received_at, topic_type, topic_id, serial, reason, body, bytes
FROM kept_bad WHERE whole_report = 0;
CREATE VIEW bad_reports AS
SELECT number, client, SECONDS(received_s) AS received_at, reason, body, bytes
FROM kept_bad WHERE whole_report = 1`

// version1 are the statements of the first version.
func version1(d sqldb.Dialect) []string {
	text := tables1 + ";" + views1
	replacer := strings.NewReplacer("CTEXT", "TEXT", "CLUSTERED", "WITHOUT ROWID")
	seconds, micros := `strftime('%Y-%m-%dT%H:%M:%SZ', `+"$"+`, 'unixepoch')`, `strftime('%Y-%m-%dT%H:%M:%SZ', `+"$"+` / 1000000, 'unixepoch')`
	if d == sqldb.PostgreSQL {
		// An update of a row finds room beside it, and no index changes.
		replacer = strings.NewReplacer("CTEXT", `TEXT COLLATE "C"`, "CLUSTERED", "WITH (fillfactor = 90)")
		seconds, micros = "to_timestamp($)", "to_timestamp($ / 1000000.0)"
	}
	text = call(call(replacer.Replace(text), "SECONDS", seconds), "MICROS", micros)
	return strings.Split(text, ";\n")
}

// call replaces NAME(argument) by a form with a dollar sign for the argument.
func call(text, name, form string) string {
	parts := strings.Split(text, name+"(")
	for i, part := range parts[1:] {
		argument, rest, _ := strings.Cut(part, ")")
		parts[i+1] = strings.ReplaceAll(form, "$", argument) + rest
	}
	return strings.Join(parts, "")
}
