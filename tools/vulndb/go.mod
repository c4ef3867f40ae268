// The database of known vulnerabilities that `make vuln` asks, pinned as all
// tools are, in a module of its own: nothing imports it, so that go mod tidy
// would drop it. To renew it:
//
//	go -C tools/vulndb get golang.org/x/vulndb@latest
module github.com/tcpvitals/tcpvitals/tools/vulndb

go 1.26.0

require golang.org/x/vulndb v0.0.0-20261105234957-e22db6528018
