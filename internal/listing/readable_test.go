// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofReadable are texts whose numbers are plainly there, and were refused once.
func ofReadable() []paste {
	const counts, twice = "TIME_WAIT 120, LISTEN 3", "ESTABLISHED 13, LISTEN 6"
	psutil := func(status, kind string) string {
		return `{"fd":3,"family":2,"type":` + kind + `,"localaddr":{"ip":"192.0.2.44","port":8443},"remoteaddr":{"ip":"198.51.100.9","port":40404},"status":"` + status + `","uids":[0,0],"pid":812}`
	}
	return []paste{
		{name: "the protocol before the number", source: "awk '{print $1, $6}' | sort | uniq -c with its columns turned", text: "tcp 120 TIME_WAIT\ntcp6 3 LISTEN\n", want: counts},
		{name: "the sum behind", source: "a report", text: "TIME_WAIT 120 of 123\nLISTEN 3 of 123\n", want: counts},
		{name: "another sum behind", source: "a report", text: "TIME_WAIT 120 of 168\nLISTEN 3 of 168\n", want: counts, says: "do not add up", lossy: true},
		{name: "a log of Kubernetes", source: "CRI, /var/log/containers", text: "2025-02-03T04:05:06.123456789Z stdout F TIME_WAIT 120\n2025-02-03T04:05:06.123456789Z stdout F LISTEN 3\n", want: counts},
		{name: "a log of Kubernetes, uniq -c", source: "CRI, /var/log/containers", text: "2025-02-03T04:05:06.123456789Z stdout F     120 TIME_WAIT\n2025-02-03T04:05:06.123456789Z stdout F       3 LISTEN\n", want: counts},
		{name: "logfmt", source: "a script", text: "time_wait=120 listen=3\n", want: counts},
		{name: "logfmt of a logger", source: "logrus", text: "time=\"2025-02-03T04:05:06Z\" level=info msg=\"tcp states\" time_wait=120 listen=3 host=db2\n", want: counts},
		{name: "logfmt with a unit", source: "logrus", text: "time=\"2025-02-03T04:05:06Z\" level=info msg=x time_wait=120 listen=3 unit=k\n", want: counts, says: "beside its count", lossy: true},
		{name: "logfmt with another number", source: "logrus", text: "time=\"2025-02-03T04:05:06Z\" level=info msg=x time_wait=120 listen=3 scale=1000\n", want: counts, says: "beside its count", lossy: true},
		{name: "gopsutil", source: "net.Connections of gopsutil as JSON", text: "[" + psutil("ESTABLISHED", "1") + "," + psutil("LISTEN", "1") + "]", want: "ESTABLISHED 1, LISTEN 1"},
		{name: "gopsutil with UDP", source: "net.Connections of gopsutil as JSON", text: "[" + psutil("ESTABLISHED", "2") + "," + psutil("LISTEN", "1") + "]", want: "LISTEN 1"},
		{name: "families in states", source: "a script", text: `{"ESTABLISHED":{"ipv4":12,"ipv6":1},"LISTEN":{"ipv4":3,"ipv6":3}}`, want: twice},
		{name: "protocols in states", source: "a script", text: `{"ESTABLISHED":{"tcp":12,"tcp6":1},"LISTEN":{"tcp":3,"tcp6":3}}`, want: twice},
		{name: "entities", source: "view-source", text: "TIME_WAIT&nbsp;120\nLISTEN&#58;&nbsp;3\n", want: counts},
		{name: "an arrow by its name", source: "view-source", text: "TIME_WAIT -&gt; 120\nLISTEN -&gt; 3\n", want: counts},
		{name: "before and after", source: "tickets", text: "before:\nTIME_WAIT 100\nLISTEN 2\nafter:\nTIME_WAIT 20\nLISTEN 1\n", want: counts, says: "another time"},
		{name: "tables before and after", source: "tickets", text: "Before\n| state | count |\n|---|---|\n| TIME_WAIT | 100 |\n| LISTEN | 2 |\n\nAfter\n| state | count |\n|---|---|\n| TIME_WAIT | 20 |\n| LISTEN | 1 |\n", want: counts, says: "another time"},
		{name: "XML on one line", source: "a report", text: "<tcp><TIME_WAIT>120</TIME_WAIT><LISTEN>3</LISTEN></tcp>\n", want: counts},
	}
}

func TestReadable(t *testing.T) {
	for _, p := range ofReadable() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
