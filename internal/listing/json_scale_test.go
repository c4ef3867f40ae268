// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofParts are documents that say they are a part of more, that their numbers are to
// be multiplied, or that a record is of another protocol under a key of its own.
func ofParts() []paste {
	const counts, more, unclear = "ESTABLISHED 7, LISTEN 3", "there is more", "what its number counts"
	var all []paste
	for _, part := range []string{`"truncated":true`, `"hasMore":true`, `"has_more":true`, `"isTruncated":true`, `"next_page":2`, `"next":"https://x.example/a?page=2"`, `"nextToken":"abc"`, `"partial":true`, `"timed_out":true`, `"incomplete_results":true`, `"complete":false`, `"page":1,"pages":3`, `"omitted":12`} {
		all = append(all, paste{name: part, source: "a service", text: `{"states":{"ESTAB":7,"LISTEN":3},` + part + `}`, want: counts, says: more, lossy: true},
			paste{name: part + " first", source: "a service", text: `{` + part + `,"items":[{"state":"ESTAB","count":7},{"state":"LISTEN","count":3}]}`, want: counts, says: more, lossy: true})
	}
	for _, whole := range []string{`"truncated":false`, `"hasMore":false`, `"next_page":null`, `"next":""`, `"complete":true`, `"page":3,"pages":3`, `"scale":1`, `"unit":"connections"`, `"unit":"count"`, `"omitted":0`} {
		all = append(all, paste{name: whole, source: "a service", text: `{` + whole + `,"states":{"ESTAB":7,"LISTEN":3}}`, want: counts})
	}
	for _, scale := range []string{`"scale":1000`, `"unit":"k"`, `"units":"thousands"`, `"multiplier":10`, `"aggregation":"avg"`, `"stat":"Maximum"`, `"value_unit":"percent"`} {
		all = append(all,
			paste{name: scale, source: "a service", text: `{` + scale + `,"states":{"ESTAB":7,"LISTEN":3}}`, want: counts, says: unclear, lossy: true},
			paste{name: scale + " in records", source: "a service", text: `[{"state":"ESTAB","count":7,` + scale + `},{"state":"LISTEN","count":3}]`, want: counts, says: unclear, lossy: true})
	}
	unknown := map[string]string{"type": "is above or below counts", "foo": "is above or below counts", "layer4_protocol": "is above or below counts"}
	for _, key := range []string{"transport", "l4", "type", "family", "kind", "proto", "layer4_protocol", "socket", "foo"} {
		for _, value := range []string{"udp", "UDP6", "unix", "sctp", "vsock"} {
			all = append(all,
				paste{name: key + " " + value, source: "a script", text: `[{"` + key + `":"` + value + `","state":"ESTAB","count":9},{"` + key + `":"tcp","state":"ESTAB","count":7},{"state":"LISTEN","count":3}]`, want: counts},
				paste{name: key + " " + value + " of counts", source: "a script", text: `[{"` + key + `":"` + value + `","ESTAB":9},{"` + key + `":"tcp","ESTAB":7,"LISTEN":3}]`, want: counts},
				paste{name: key + " " + value + " in CSV", source: "a script", text: key + ",state,count\n" + value + ",ESTAB,9\ntcp,ESTAB,7\ntcp,LISTEN,3\n", want: counts, says: unknown[key], lossy: unknown[key] != ""},
				paste{name: key + " " + value + " of rows in CSV", source: "a script", text: key + ",state,local,remote\n" + value + ",ESTAB,10.9.8.7:80,10.9.8.1:5\ntcp,LISTEN,10.9.8.7:80,0.0.0.0:*\n", want: "LISTEN 1"})
		}
	}
	return all
}

func TestPartsOfDocuments(t *testing.T) {
	for _, p := range ofParts() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
