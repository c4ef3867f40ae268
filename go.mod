module github.com/tcpvitals/tcpvitals

go 1.26.0
