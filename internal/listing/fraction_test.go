// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
)

// TestFractions: where a format has no thousands sign, a point with three digits after
// it makes a fraction, which is not a count.
func TestFractions(t *testing.T) {
	for _, form := range []string{
		`{"ESTABLISHED":%s,"LISTEN":7}`, `[{"state":"ESTABLISHED","count":%s},{"state":"LISTEN","count":7}]`, `{"tcp":{"established":%s,"listen":7}}`,
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"node_tcp_connection_states","state":"established"},"value":[1738555506,"%s"]}]}}`,
		"node_tcp_connection_states{state=\"established\"} %s\n", "node_tcp_connection_states{state=\"established\"} %s 1738555506000\n", "netstat_tcp_established{host=\"db2\"} %s\n",
		"servers.web1.tcp.ESTABLISHED %s 1738555506\n", "tcp.ESTABLISHED:%s\n", "ESTABLISHED.value %s\n",
	} {
		for number, whole := range map[string]bool{"1.234": false, "12.500": false, "1234": true} {
			text := strings.ReplaceAll(form, "%s", number)
			got, err := Count(strings.NewReader(text), "x")
			switch told := err != nil || !got.Whole(); {
			case whole && (err != nil || !strings.Contains(summary(&got.Counts), "ESTABLISHED 1234")):
				t.Errorf("%s: %s, %v, %v", text, summary(&got.Counts), err, got.Gaps)
			case !whole && (!told || strings.Contains(summary(&got.Counts), "ESTABLISHED")):
				t.Errorf("%s: %s, %v, %v", text, summary(&got.Counts), err, got.Gaps)
			}
		}
	}
}

// ofEnds are rows with both ends and a number before them, which is not a count.
func ofEnds() []paste {
	const a, b = "10.20.0.4:8443 10.30.0.1:40988", "10.20.0.4:8443 10.30.0.2:40989"
	return []paste{
		{name: "TCP by its number", source: "a script", text: "Proto Local Remote State\n6 " + a + " ESTABLISHED\n6 " + b + " CLOSE_WAIT\n", want: "ESTABLISHED 1, CLOSE_WAIT 1"},
		{name: "UDP by its number", source: "a script", text: "Proto Local Remote State\n17 " + a + " ESTABLISHED\n6 " + b + " CLOSE_WAIT\n", want: "CLOSE_WAIT 1"},
		{name: "the state second", source: "a script", text: "Proto State Local Remote\n17 ESTABLISHED " + a + "\n6 CLOSE_WAIT " + b + "\n", want: "CLOSE_WAIT 1"},
		{name: "the names of protocols", source: "a script", text: "Proto Local Remote State\ntcp " + a + " ESTABLISHED\nudp " + b + " ESTABLISHED\n", want: "ESTABLISHED 1"},
		{name: "a process", source: "awk", text: "1234 " + a + " ESTABLISHED\n1235 " + b + " CLOSE_WAIT\n", says: "not clear what its number counts"},
		{name: "a process behind the state", source: "awk", text: "ESTABLISHED 1 " + "\n1234 " + a + " CLOSE_WAIT\n", want: "ESTABLISHED 1", says: "not clear what its number counts", lossy: true},
		{name: "uniq -c", source: "uniq -c", text: "    412 " + a + " ESTABLISHED\n     88 " + b + " CLOSE_WAIT\n", want: "ESTABLISHED 412, CLOSE_WAIT 88"},
	}
}

func TestPastedEnds(t *testing.T) {
	for _, p := range ofEnds() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
