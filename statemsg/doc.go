// Package statemsg models the state messages of Configuration Manager 2007:
// what a client tells its site about the compliance of updates, how the
// messages wait, when they leave, and the form they leave in.
//
// # What it models
//
//   - [Message], with the topic types and states of software updates
//     ([TopicType], [StateID], [StateName]); [FromChanges] makes messages of the
//     changes that a scan found.
//   - [Outbox], the pure store: for each topic the last message and where it is
//     (MSG-2, MSG-5, MSG-6, MSG-8).
//   - [Cycle] with [CyclePolicy], the pure timetable: every 15 minutes, two
//     minutes after an installation, back-off and drain (MSG-3, MSG-4, MSG-7,
//     MSG-10).
//   - [AppendReport], [DecodeReport], [Decoder]: the wire form (MSG-9).
//   - [Transport], the way to a management point; [MemTransport] here and a
//     folder of files in the package folder.
//   - [Sender], a shell around them that sends, for programs that do not use the
//     agent of the package scan.
//
// It does not model priorities (only the normal queue exists), status messages,
// signing and encryption of reports, or the messaging layer below them. What the
// site does with a report is the package site's.
//
// The pure parts take the time as an argument, start no goroutine and read
// nothing from outside.
//
// # Delivery
//
// Delivery is at least once, and its effect exactly once if the receiver drops
// what it has seen by client and serial number. That holds if the owner of an
// outbox
//
//  1. stores the outbox after Record and whatever else changed with it, in one
//     commit;
//  2. stores it again after Batch and before the report is sent;
//  3. sends the batch in flight again until it is acknowledged, and does so after
//     a restart too;
//  4. stores it after Acknowledge, before anything that relies on it.
//
// [Sender] does so, and so does the agent.
//
// # The wire form
//
// A report is an XML 1.0 document. It is written as UTF-16LE with the byte-order
// mark FF FE, without any white space between elements, exactly so (line ends
// added here for reading):
//
//	<?xml version="1.0" encoding="UTF-16"?>
//	<Report><ReportHeader><Identification><Machine>
//	<ClientInstalled>1</ClientInstalled><ClientType>1</ClientType>
//	<ClientID>GUID:…</ClientID><ClientVersion>…</ClientVersion>
//	<NetBIOSName>…</NetBIOSName><CodePage>437</CodePage>
//	<SystemDefaultLCID>1033</SystemDefaultLCID></Machine></Identification>
//	<ReportDetails><ReportContent>State Message Data</ReportContent>
//	<ReportType>Full</ReportType><Date>20080603091500.000000+000</Date>
//	<Version>1.0</Version><Format>1.0</Format></ReportDetails></ReportHeader>
//	<ReportBody>
//	<StateMessage MessageTime="20080603090210.250000+000" SerialNumber="17">
//	<Topic ID="…" Type="500" IDType="3"/><State ID="2" Criticality="0"/>
//	<StateDetails Type="1"><![CDATA[…]]></StateDetails>
//	<UserParameters Flags="0" Count="1"><Param>102</Param></UserParameters>
//	</StateMessage>
//	</ReportBody></Report>
//
// The rules of writing:
//
//  1. There is one StateMessage or more, in the order of Report.Messages.
//  2. SerialNumber is left out when the serial is 0, StateDetails when there are
//     no details, UserParameters when there are no parameters.
//  3. Times are CIM date-times, yyyymmddHHMMSS.mmmmmm+000, in UTC.
//  4. Numbers are decimal without leading zeros.
//  5. In texts < > & " tab, line feed and carriage return are written as &lt;
//     &gt; &amp; &quot; &#x9; &#xA; &#xD;, all other characters as they are. In
//     details, which stand in CDATA, only ]]> is taken apart, as
//     ]]]]><![CDATA[>; but details with a carriage return are written like other
//     texts.
//
// This is the form of 2007: later clients add a Priority to Machine, and User
// and UserSID to Topic.
//
// A reader accepts what is written, and besides:
//
//  6. UTF-16BE with its byte-order mark, and UTF-8 with or without one. An XML
//     declaration may be missing; if it names an encoding, that is the encoding.
//  7. White space, comments and processing instructions between elements.
//  8. Elements and attributes that are not named above, inside of Report but
//     not inside of an element that holds text: they are skipped with all they
//     contain. So are names with a namespace prefix.
//  9. The elements of a header element in any order, and its elements Version,
//     Format and all of Machine's but ClientID missing. ReportHeader must stand
//     before ReportBody, Topic first in StateMessage, StateDetails before
//     UserParameters.
//  10. ReportType in letters of any case; Topic without IDType and State without
//     Criticality, which are 0 then; UserParameters without Count; and any
//     StateDetails Type and UserParameters Flags, which are not kept.
//  11. CIM date-times with any distance to UTC.
//
// A reader refuses everything else, and says in which line and column: a
// document type declaration and entities other than the five of XML, malformed
// XML, the same element or attribute twice, text between elements, another root
// or content or version, a missing part, a client id that is not a GUID, a number
// or time that is out of range, more than [MaxParams] parameters or a Count that
// does not fit them, and whatever exceeds a named limit of this package. Serial
// numbers may come in any order and more than once: judging them is the site's
// business (SITE-2).
package statemsg
