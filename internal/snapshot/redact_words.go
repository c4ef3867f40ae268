// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"strings"
	"sync"
)

// Words that reveal nothing, because they are the same everywhere. Any other word is
// taken for a name that someone chose. A missing word costs a reader a name; a wrong
// one reveals a secret. So the list has only words that are common on many hosts, and
// never a word that is also a person's name.
const (
	wordsOfUnits = `
automount device docker mount path scope service slice socket swap target timer
app background backup best burstable besteffort buildkit compose conmon containerd cri crio desktop guaranteed init k8s kubepods kubelet kube libpod
lxc machine nerdctl nspawn payload parent pod podman runtime sandbox session supervise system systemd unit user
cgroup cgroups container containers default dir fs home log lib lib64 local net netns opt proc root run sbin bin etc srv sys tmp usr var dev
localhost self all host initial instance main master worker manager helper daemon agent server client proxy monitor exporter gateway controller
operator scheduler watcher pool thread child idle listener backend frontend cache queue broker ingress egress sidecar pause shim v1 v2 version
process running dead zombie sleeping stopped writer reader checkpointer launcher autovacuum postmaster rpc api http https ssl tls tcp udp ipv4 ipv6 ip unix
jobs job task tasks cron batch web dns mail smtp imap pop3 ftp ssh ntp dhcp ldap nfs smb vpn sql db kernel kworker kthreadd ksoftirqd`

	wordsOfDevices = `
lo eth wlan wwan br bond team tun tap dummy ifb veth vlan vxlan macvlan macvtap ipvlan wg gre gretap sit ip6tnl ip6gre erspan ppp can vcan virbr docker0
cni0 flannel cali cilium net cilium_host cilium_vxlan kube-ipvs0 nodelocaldns lxcbr lxdbr incusbr podman wlp vmbr vnet tailscale zt nlmon vti ip6vti
tunl0 sit0 gre0 gretap0 erspan0 ip6tnl0 ip6gre0 ip6vti0 ipip geneve batman`

	wordsOfAlgorithms = `
cubic reno bbr bbr2 bbr3 bic cdg dctcp highspeed htcp hybla illinois lp nv prague scalable vegas veno westwood yeah
fq codel pie cake pfifo fast noqueue mq prio red sfq tbf htb hfsc allowed available no none ms
generic lowlatency amd64 x86 x64 arm64 aarch64 armv7l i686 i386 ppc64le s390x riscv64 aws azure gcp cloud gke oracle ibm kvm rt pae pve raspi rpi
el el6 el7 el8 el9 el10 fc amzn amzn2 amzn2023 uek lts zen arch hardened xanmod liquorix microsoft standard wsl2 smp preempt rc deb deb11 deb12 deb13 lp mainline virt edge cos talos flatcar bottlerocket`

	wordsOfPrograms = `
accounts acpid activemq airflow akonadi alertmanager amavisd anacron ansible apache apache2 apiserver apt argocd arangod aria2c asterisk at atd auditd authelia autossh avahi
babeld bash bazel beanstalkd beam bind bird bird6 bitcoind blackbox bluetoothd bpftrace bpftool buildkitd bundle busybox
caddy calico cassandra catalina cat celery celerybeat ceph certbot cgi chrome chromium chronyd chrony clamd clickhouse cloudflared cmake cockpit code collectd colord confluence consul
containerd coredns corosync couchdb courier cri cron crond crowdsec cs cupsd cups curl cut cyrus
dash dbus dd deno dhclient dhcpcd dhcpd dhcrelay discovery distccd dnf dnscrypt dnsdist dnsmasq docker dockerd dotnet dovecot dpkg dragonfly dropbear druid
eapol ejabberd elasticsearch emacs envoy epmd erl erlexec esbuild etcd exim exim4 exabgp
fail2ban falco filebeat firefox firewalld fluent fluentd flink flanneld fpm freeradius frr fwupd
gdb gdm gerrit ghost git gitaly gitea gitlab gluster glusterd glusterfs glusterfsd gmetad gmond gnome gnupg go gpg gradle grafana graphd graphite grep grpc gunicorn gvfsd
hadoop haproxy harbor hbase hdfs headscale hive homeassistant hostapd httpd hugo hypnotoad
icecast icinga icinga2 inetd influxd influxdb init inspircd ipfs iperf iperf3 ipsec ipython iscsid istio istiod
jaeger java jboss jdk jellyfin jetty jira journal journald journalctl jre jupyter jvm
kafka kdc kea keepalived keycloak keydb kibana kinit kong kopia krb5kdc kresd kubectl kubedns kubeproxy kvm kustomize
less libvirt libvirtd lighttpd lightdm linkerd litespeed logind logrotate logstash loki ls lsof lxd lxcfs
machined mailman make mariadb mariadbd matomo mattermost maven mcelog mdadm mdns memcached mercurial metricbeat metrics mimir minio mlocate mlflow modemmanager mongod mongodb mongos mongrel monit mount mpd mqtt mtr multipathd munin mutter mvn mysql mysqld mysqladmin mysqldump
nagios named nats nc ncat ncp neo4j netbird netcat netdata networkd networkmanager nextcloud nexus nfsd nghttpx nginx ngrok nmap nmbd nmtui node nodejs nomad npm nrpe nscd nslcd nsd nsqd nsqlookupd ntpd nullmailer numad nvidia
odoo openjdk openldap openresty opensearch openssl openvpn osquery osqueryd osd otelcol ovs ovsdb
pacemaker packagekit pam patroni perl pgbouncer pgpool php phpmyadmin pickup ping pipewire pixiecore plex pm2 pmcd podman polkitd portmap postfix postgres postgresql postgrest powerdns pptpd prefect privoxy prometheus prosody proftpd promtail ps pulseaudio pulsar puma puppet puppetdb pure pdns pypy python
qemu qmgr qmail quagga questdb
rabbitmq rabbitmqctl radiusd radvd rails rclone redis regex registry resolved resolvconf restic rethinkdb rgw riak rke2 rngd roundcube rpcbind rpm rsync rsyncd rsyslogd rtkit ruby ruby2 rspamd runc runner rust
salt samba saslauthd sd seahorse searxng sed selenium sendmail sentinel sentry sftp sh shadowsocks sidekiq sinatra slapd slurm slurmctld slurmd smartd smbd snapd snmpd snmptrapd socat solr sonarqube spamd spark splunkd sqlite sqlservr squid ssh sshd sshguard ss sslh sssd stackdriver stdbuf strongswan stress strongswan stubby stunnel stunnel4 su sudo supervisord surrealdb suricata svn swarm sway swanctl swtpm syncthing syslog syslogd
tail tailscaled tar tcpdump tcpvitals teamd telegraf telnet telnetd tempo temporal thanos thttpd thunderbird timesyncd tinc tincd tinyproxy tlp tmux tomcat top tor traceroute traefik transmission trino trivy tshark turnserver twemproxy
udev udevd udisks udisksd unattended unbound unicorn upgrade upgrades upowerd upsd uvicorn uwsgi
varnish varnishd vault vector victoriametrics vim virtlogd virtqemud vite vlc vmstat vmtoolsd vsftpd
wait watch wazuh webpack webhook wget whoopsie wicked wireguard wireshark wordpress wpa supplicant
xfs xinetd xl2tpd xorg xrdp xterm xvfb
yarn ypbind yum
zabbix zebra zeek zfs zipkin znc zookeeper zoned zsh`

	// Words of this program's own sentences, in the reasons of gaps, and of its
	// sources. Thus a new sentence rarely needs a new entry; a test checks it.
	wordsOfSentences = `
boot e a abnormally abort aborted aborts about above absent accept accepted acceptq accepts accessor acct ack acknowledge acknowledged acknowledgement acknowledges
acks acq across act acted action actions active acts add added addflags adding addr address addresses adds admin administrator adv advice aevent af after
afterwards again against ago agree agreed ahead alike alive all alloc allocate allocated allocates allocation allow allowed allows allstates alone along already
also although always among an ancestor and anew announced anon another ansible answer answered answers ant any anybody anything anywhere apache apart app append
appends application applied applies apply are args argument arguments around array arrival arrive arrived arrives arrow as ascending ascii aside ask asked asker
asking asks assignment at attach attached attack attempts attribute attributes attrs audit auto autobind autobound autocorking available await away awk back
backlog backslash backwards bad balancer bandwidth bar bare base batch bc be beacon became because become becomes been before beforehand began begin beginning
begins begun behind being believed belong belongs below beside besides best better between beyond bias big bind bindport binds bit bitmap bits blackhole blame
blamed blank blanks block blocked blocks body bogus bold books bool boot border born both bound bounded bounds box bpf br bracket brackets break breaks bring
brings broadcasts broken brought bsd btf bucket buckets budget buf buffer buffers buffersize build builds built bulk burst bursts business busy busybox but by
byte bytecode bytes ca cache caches call called caller callers calling calls came can cannot cap capabilities capability capeff captured card careful carries
carry case cases cast cat catalogue cause causes cell cells census certain cgroup cgroup2 cgroups cgrouptree chain chains challenge change changed changer
changes changing character characters check checked checks checksum checksums child children chinese choice choose chooses chose chosen chown cipso claim class
classify clear cleared cli client clients clock clone close closed closefd closely closer closers closes closing clues cmd cmdline cni code codes collapse
collector collects colon colour coloured colours column columns come comes comm comma command commands commas comment comments commit common comp compare
compared compares comparison comparisons compat compile complete completed completes compressed compute computed concluded concurrent condition conditions conf
confidence confidentiality config configuration confirm confirmation confirmed cong congestion conn connect connected connecting connection connections connects
conntrack constant constants container containerd containers contains context control cookie cookies copied copies copy core correct corrupts cost costs could
count counted counter counters counting counts covers cpu cpus crash create created cri critical csk csv ctrl ctx cure current currestab cut cuts cutting dac
daemon damaged dash data datagram datagrams date day days dccp dead deadline dear debian debug decide decided decides decimal decisions decode decoder decodes
decoration deep deeper default defaultport defaults defaultstatedir defer delay delete deleted deliver delivered demux denied dentry depend depends derivation
derived derives describes descriptor descriptors design destination destinations destroy destroyed destroys detached details dev devconf device devices diag
diagnose diagnosis diagram did die dies diff differ difference differences different differs digit digits dir direct direction directions directly directories
directory disable disc discarded discards disconnected discover disk dist distance disturb disturbed divisor dmesg dn do doc docker docs doctor document
documentation documents doer does doing done dot dots dotted double doubled doubles doubt down dport drain draw drawing drawn draws driver drivers drop dropped
drops dsack dst due dump dumps duplicate duplicates duration durations during dynaddr each eaddrinuse eaddrnotavail eagain earlier early ebpf echo echoed ecma
ecn econnreset ecs edge edges edit edited effect effective ehash ehostunreach eight eighth einprogress either elapsed element else elsewhere embedded emergency
emfile empties empty en enable enabled encoded end ended endian endpoint endpoints ends engine engines english enobufs enough enqueue enter entered enters
entrances entries entry enum environment ep ephemeral epoch epoll equal equality equals err errincomplete errno errnotexist error errors errselfcheck escape
escapes estab established estabresets estimate estimates etc ethtool etime etimedout even event events ever every everybody everyone everything everywhere
evidence exact exactly exceeded exclude exec exhaustion exist existing exists exit exited expand expect expected experiment experiments expires explain
explained explains exporter expression extensions f fack fact facts fail failed failover fails failure fall fallback falls false families family far fast faster
fastopen fate fault fb fd fdinfo fds feed feeds fell few fewer ffff fib field fields fifo fifth figure file files fill filled fills filp filter filters fin
final find finder finding findings finds finish finished fins fired fires firewall firewalls first fit fits five fix fixed flag flags flock flood floods floor
flow flush fmt fold folded follow followed follows foot for force foreign forget forgets forgotten fork form format formats forms formula forward found four
frag6 frags frame free frees fresh from front frto fs fstat fsync ftruncate full fullest func function functions further fwmark gap gaps gauges gave gb gc gen
generator generic get getdents gets gib gid give given gives glob go goes gone good goroutine goroutines got gre greater greatest grep grew gro group grouped
grouping groups grow growing grown grows growth guard guessed had half halves hand handed handle handler hands handshake handshakes hang hangs happen happened
happens hard harden hardly harm harmful has hash hashinfo hashtables hashwalk have head header headers heading headings heads healthy heartbeat held help helped
helper helps here hex hexadecimal hidden hide hidepid hides hierarchy high higher highest hint hold holder holders holds home hooks host hostcondition hostfacts
hostpid hosts hostwide hours how however html http https hundred hz icmp icmpv6 icsk id identifier identity idiag idle ids if ifaddr ifindex igmp ignore ignored
ignores illegal implemented impossible in in6 inbound incarnation include included includes incoming incomplete index indexed inet infer inferred info inherit
init initial innermost ino inode inodes input inputerror inside instance instead instruction instructions interface internal internet interrupted interval into
intr intvl inuse invalid inverse invisible io ip ipext ipfrag ipv4 ipv6 is isn it iter its itself jit join joined joinprocesses joins journal journals json
judge judged judgequeues judges jump jumps just kallsyms kb keep keepalive keeps kept kernel kernelerror kernels key keys kib kill killed kind kinds knob knobs
know knowing knowledge known knows kubernetes l3mdev lab label labels laboratory lack lacks ladder lang language languages large larger largest larval last
lasted lasting lasts late latency later latest latter law layout le lead leading leads leak leaks lean learn least leave leaves led left len length lengths less
let lets letter letters level levels liberal library license lie lies life like limit limited limits line linear lines linger link links linux list listed
listen listendrop listendrops listened listener listeners listening listenoverflows listens lister listing listings lists little live lives lo load loadavg
loaded loading loads local locale locate lock lockdown locked log login logs long longer longest look looked looking looks lookup loop loopback loops loose lose
loses loss losses lossy lost low lowat lower lowered lowering lowers lowest lsm lsof lwtunnel machine machines macos made mail main make makes making manager
manual many map mapped maps mark markdown marked marks mask masks match matched matches matter matters max maxconn maximum maxttl may mb mcast md mean meaning
means meant meanwhile measure measured measures meet meets mem member members memberships meminfo memory merely message messages met method methods metrics mib
middle migrate million millions milliseconds min mini minisocket minisockets minisocks minttl minute minutes misc miss missed misses missing mistake mistyped
mix mixed mixture mkdir mm mnt mobile mode model moderate modprobe module moment moments monitoring monotonic more most mostly mount mounted mountinfo mounts
move moved moves mptcpext ms msf msg msgs msl mss mtu much multipath multiple must myth myths name named nameless names namespace namespaces nanoseconds narrow
nat ndjson near nearest nearly need needed needs negative neigh neighbour neighbours neither nested net netdev netfilter netid netlink netns netstat
nettcpconnection network networking networks never new newer newest newindex newline newlines news newsynrecv next nexthop nf nginx nil nine nlm nlmsg no nobody
node nofollow nolisten none nonlocal nor normal not note notes nothing notice noticed notify notjudged notsent notshown novalue now nowhere nr ns nsenter nsfs
nul null number numbered numbers numeric numerical o object objects observation observed octal of off offer offers offset offsets often ok old older oldest on
once one ones only onthread oom oow open opened openfiles opening openreq opens operating operation operator opposite ops opt optfmt option options optmem or
order ordered orderly orders orphan orphanable orphaned orphans os osrelease other others otherwise our ours out outcome outgoing output outputs outside over
overflow overflowed overflows overhead overrides overrun own owned owner owners ownersknown owning owns pacing pack package packet packets pad padded page pages
paint pair pairs paragraph parallel parameter parameters parent parentheses parenthesis parse parses part partial parts pass passed passes passing passive
passiveopens passwd past pasted path paths patience pattern patterns pause paws pay payload pcpu peak peer peers pending people per percent perfmon performance
permission permissionerror permitted persist person picture pid pids piece pieces pile ping pingpong pipe place places plain plan plans plb plugin plural pmtu
pod point pointer points policy poll pool pools port ports posix possible power powershell prefers prefix prefixes prepare prepares prequeue present pressure
preview print printable printed println prints priority private privilege probability probe probed probedestroy probes probing problem proc process processed
processes processor processors procfs procps procs product prog program programs prometheus promise prompt proportion proposals protection proto protocol protocols prove
proves ptrace ptraceable ptracer pure purpose pushed put puts python qdisc qrv quarter quarters query question questions queue queued queuereading queues
quicker quiet quota quotation quote quoted quotes raise raised ran random range ranges rare rate ratelimit ratemask rates rather ratio raw rawfile rbm rc rcv
rcvbuf rcvtimeo rd rdonly reach reached read readable readall reader readers reading readings readlink readonly reads ready real really reason reasons reboot
recd receive received receiver receives recent recipe recognised recognises recognizes reconcile record records recovery recv recvmsg recvq recycle redact
redacted refer references refers reflect refusal refuse refused refuses registry regular rehash relative relayed release remains remark remarks remedy remember
remembered remembers remote remove removed removes rename renamed render reordering repeat repeated repeats replaced replaces replacing report reported reports
req reqsk request requested requests require required reserve reserved reset resets resolve resolved resolver resource resources responses rest restart
restarted restarts restore rests result results retrans retransmission retransmissions retransmit retransmits retransmitted retries retries1 retries2 return
returned returns reusable reuse reuseaddr reused reuseport reuses rfc rfc1337 right rights ring risk rmem rollback room root round rounded rounds route row rows
rps rseqth rss rst rsts rsv rto rtoalgorithm rtomax rtomin rtt rule rules run runerror running runs runtime runtimes rw rx s sack safe said same sample sampled
samples sampling sandbox sarif save saved saves saw say saying says scale scaled scaling scan scanprocesses scenario scenarios scope script scripted scripts
sctp search searched sec seccomp second seconds secret secs section sections security see seed seek seem seen sees segment segments segs select self send sender
sending sendq sends sense sent sentence sentences separated separates seq sequence sequences served server servers service services session set setcap setns
sets setsysctl setting settings settle settled several severity sh shape shapes share shared shares shell short shorten shortens shorter shortest should show
showed showing shown shows showsbound shrank shrink shut shutdown side sides sign signal signals signed signs silence silent simultaneous since single six size
sizes sk skb skip skipped skips skmeminfo slab slabs slack slash sleeps slice slices slip slot slots slow slower slowly small smaller snap snapshot snapshots
snd sndbuf sndtimeo snmp snmp6 so sock sockdiag socket sockets sockstat sockstat6 softnet somaxconn some somebody something soon sooner sort sorted source
sources space spaces span spans spared spares spdx speak speaks spec spelled spelling spellings split splits spoils sport spread spreads square squares squeeze
src ss ssh sshd ssthresh stage stale stamp stand standalone standard stands star start started starting starts stat state statement states statistics stats
status stay stayed stays stdurg steady step steps still stop stopped stops story straight strange stray stream strictvalid string strings struct structural
structure structures stuck style subject subtract success such sudo sum summary sums support supported sure surplus suspects suspend swapped switch switches
symbolic syn synack sync syncookies syncookiesrecv syncookiessent synrecv syns synsent syntax syntaxerror sys syscall sysctl sysctls system systemd systems t
tab table tables tabs tail take taken takes taking tally tan tanp target task taskfile tc tcp tcp6 tcpabortonmemory tcpabortontimeout tcpdeferacceptdrop tcpdiag
tcpext tcpi tcpreqqfulldrop tcpsynretrans tcptimewaitoverflow tcpv6 tcpvitals tell telling tells temporarily ten tenth terminal test testbed testnet tests text
texts th than that the their theirs them themselves then there these they thin thing things third this those though thought thousands thread threads three
thresh threshold thresholds through throughput thrown tick ticket ticks time timed timeout timeouts timer timers times timestamp timestamps timewait title to
today together token tokens told too took tools top topic topics tos total totals touch touched touches towards trace traced tracepoint tracer tracked tracking transfer
transition transitions translate tree tried tries trip trouble true truth try trying ts tso tstamp ttl tun tundevice tune tunnels turn turns tw twenty twice two
twrecycled twsk tx txrehash txt type typed types uapi udp udplite uid ulp unacknowledged unanswered unavailable uncompressed unconn under understood unexpected
ulimit unicode union uniq unique unit units unix unknown unless unlike unlink unnamed unowned unprivileged unread unregister unseen unsent unshare unsupportederror
until up update upper uptime uring us usageerror use usecs used useful user userfile users uses usual usually utf uuid v valid validate value values vanished
var variant verb verdict verdicts verified verifier verify version versions very veth victim view virtual visible visit visitor vmlinux w wait wait1 wait2
waited waiting waits walk walked walker walks wall want wanted wants warn warning warnings was watch watched watches way ways we web weighs weight well went
were what whatever when whenever where wherever whether which whichever while who whoever whole whom whose why wide wider widespread widest width widths
wildcard will win window windows wins wire wires wishes with within without wlen wmem wnd woken word words work workaround worker workers works worse worst
worth would wr wrapped wraps write writer writes writing written wrong wrote xfrm xfrm4 yes yet yields you younger your zero zeros zh zone`
)

type wordSet map[string]bool

func wordsOf(lists ...string) wordSet {
	set := wordSet{}
	for _, list := range lists {
		for word := range strings.FieldsSeq(list) {
			set[word] = true
		}
	}
	return set
}

// Built on first use: most commands redact nothing.
var (
	knownNames = sync.OnceValue(func() wordSet {
		return wordsOf(wordsOfUnits, wordsOfDevices, wordsOfAlgorithms, wordsOfPrograms)
	})
	knownWords = sync.OnceValue(func() wordSet {
		return wordsOf(wordsOfUnits, wordsOfDevices, wordsOfAlgorithms, wordsOfPrograms, wordsOfSentences)
	})
)
