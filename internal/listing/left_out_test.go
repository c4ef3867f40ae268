// SPDX-License-Identifier: Apache-2.0

package listing

import "testing"

// ofLeftOut are texts that say that rows are missing, and such that say they are
// all there.
func ofLeftOut() []paste {
	const counts, rows = "TIME_WAIT 12, LISTEN 3", "ESTABLISHED 1, CLOSE_WAIT 1, LISTEN 1"
	all := []paste{
		{name: "rows of psql", source: "psql", text: " state | count\n-------+-------\n LISTEN | 3\n TIME_WAIT | 12\n(2 rows)\n", want: counts},
		{name: "fewer rows than psql says", source: "psql", text: " state | count\n-------+-------\n LISTEN | 3\n TIME_WAIT | 12\n(5 rows)\n", want: counts, says: "another number of rows", lossy: true},
		{name: "more rows than MySQL says", source: "mysql", text: "+--------+-------+\n| state | count |\n+--------+-------+\n| LISTEN | 3 |\n| TIME_WAIT | 12 |\n+--------+-------+\n1 row in set (0.00 sec)\n", want: counts, says: "another number of rows", lossy: true},
		{name: "two tables of psql", source: "psql", text: " state | count\n-------+-------\n LISTEN | 3\n(1 row)\n\n state | count\n-------+-------\n TIME_WAIT | 12\n(1 row)\n", want: counts},
		{name: "LIMIT that is reached", source: "psql", text: "db=# select state, count(*) from t group by state limit 2;\n state | count\n-------+-------\n LISTEN | 3\n TIME_WAIT | 12\n(2 rows)\n", want: counts, says: "leaves some out", lossy: true},
		{name: "LIMIT that is not", source: "mysql", text: "mysql> SELECT state, COUNT(*) FROM t GROUP BY state LIMIT 20;\n+--------+-------+\n| state | count |\n+--------+-------+\n| LISTEN | 3 |\n| TIME_WAIT | 12 |\n+--------+-------+\n2 rows in set (0.00 sec)\n", want: counts},
		{name: "no LIMIT", source: "psql", text: "db=# select state, count(*) from t group by state;\n state | count\n-------+-------\n LISTEN | 3\n TIME_WAIT | 12\n(2 rows)\n", want: counts},
		{name: "WHERE", source: "psql", text: "db=# select state, count(*) from t where host = 'a' group by 1;\n state | count\n-------+-------\n LISTEN | 3\n TIME_WAIT | 12\n(2 rows)\n", want: counts, says: "leaves some out", lossy: true},
		{name: "TOP", source: "sqlcmd", text: "1> SELECT TOP 2 state, count(*) AS count FROM t GROUP BY state\n state  count\n------ -----\nLISTEN 3\nTIME_WAIT 12\n", want: counts, says: "leaves some out", lossy: true},
		{name: "head before the count", source: "tickets", text: "$ ss -tan | head -17 | awk '{print $1}' | sort | uniq -c\n 3 LISTEN\n 12 TIME-WAIT\n", want: counts, says: "leaves some out", lossy: true},
		{name: "head behind the count", source: "tickets", text: "$ ss -tan | awk '{print $1}' | sort | uniq -c | sort -rn | head -17\n 12 TIME-WAIT\n 3 LISTEN\n", want: counts},
	}
	for _, mark := range []string{"\u22ee", "\ufe19", "\u22ef", "...", "\u2026", "[...]", "-- snip --", "<snip>", "\u2026 12 more", "... 12 more lines", "page 1 of 3", "Showing 1 to 2 of 11 entries"} {
		all = append(all,
			paste{name: "behind counts: " + mark, source: "chats", text: "LISTEN 3\nTIME_WAIT 12\n" + mark + "\n", want: counts, lossy: true},
			paste{name: "among counts: " + mark, source: "chats", text: "LISTEN 3\n" + mark + "\nTIME_WAIT 12\n", want: counts, lossy: true},
			paste{name: "behind rows: " + mark, source: "chats", text: abc + mark + "\n", want: rows, lossy: true})
	}
	return all
}

func TestLeftOut(t *testing.T) {
	for _, p := range ofLeftOut() {
		t.Run(p.name, func(t *testing.T) { p.test(t) })
	}
}
