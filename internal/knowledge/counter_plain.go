// SPDX-License-Identifier: Apache-2.0

package knowledge

// plainCounters are those of which a line or two is all that there is to say: they
// tell how TCP does its work, and hardly ever what is wrong.
func plainCounters() []Topic {
	groups := [][]counter{ackCounters(), recoveryCounters(), undoCounters(), sackCounters(), receiveCounters(), windowCounters(), hystartCounters(), pathOfCounters(), rareCounters()}
	var all []counter
	for _, group := range groups {
		all = append(all, group...)
	}
	return counterTopics(all...)
}

// plain makes a counter that needs no more than what it counts.
func plain(name string, title Text, counts Statement, see ...string) counter {
	return counter{name: name, title: title, counts: []Statement{counts}, scope: perNamespace(), see: see}
}

func ackCounters() []counter {
	return []counter{
		plain("TcpExt.DelayedACKs", Text{"delayed ACKs that their timer sent", "由定时器发出的延迟 ACK"},
			say("An ACK waited for data to go with and went alone when its timer fired, after 40 ms to 200 ms. It is how TCP works; with small requests and Nagle's algorithm on the other end it is also what makes them slow.",
				"ACK 本想随数据一起发，等到定时器（40 到 200 毫秒）到期后单独发出。这是 TCP 的正常做法；如果请求很小、对端又开着 Nagle 算法，变慢的原因也在这里。",
				"net/ipv4/tcp_timer.c tcp_delack_timer_handler"), "TCP_NODELAY"),
		plain("TcpExt.DelayedACKLocked", Text{"delayed ACKs put off because a program was using the socket", "套接字正被程序使用而再次推迟的延迟 ACK"},
			say("The timer of a delayed ACK fired while a program was in a call on the socket: the ACK goes when the call ends.",
				"延迟 ACK 的定时器到期时，程序正在对该套接字做系统调用：调用结束时才发 ACK。", "net/ipv4/tcp_timer.c tcp_delack_timer"), "TcpExt.DelayedACKs"),
		plain("TcpExt.DelayedACKLost", Text{"data that came a second time, as if our ACK had been lost", "数据又来了一次，像是本端的 ACK 丢了"},
			say("A segment came that had been received before: the ACK was lost or late, or the sender was impatient. It is answered at once, and quick ACKs are switched on for a while.",
				"收到以前收过的报文：ACK 丢了或来迟了，或者发送方太急。立刻应答，并在一段时间内不再延迟 ACK。",
				"net/ipv4/tcp_input.c tcp_data_queue, tcp_send_dupack"), "TcpExt.TCPDSACKOldSent"),
		plain("TcpExt.TCPPureAcks", Text{"ACKs without data that took the slow path", "走慢路径的纯 ACK"},
			say("ACKs without data that the quick path could not take, such as those that bring a new window or SACK blocks.",
				"快速路径处理不了的、不带数据的 ACK，例如窗口有变或带 SACK 块的。", "net/ipv4/tcp_input.c tcp_ack"), "TcpExt.TCPHPAcks"),
		plain("TcpExt.TCPHPAcks", Text{"ACKs of the quick path", "走快速路径的 ACK"},
			say("ACKs that were as predicted: in order, with the same window. The more of them, the cheaper.",
				"与预测相符的 ACK：按序、窗口不变。越多越省 CPU。", "net/ipv4/tcp_input.c tcp_ack"), "TcpExt.TCPPureAcks"),
		plain("TcpExt.TCPHPHits", Text{"data of the quick path", "走快速路径的数据报文"},
			say("Segments of data that were as predicted: the next in order, nothing else to do.",
				"与预测相符的数据报文：正好是下一个，不需要别的处理。", "net/ipv4/tcp_input.c tcp_rcv_established"), "TcpExt.TCPHPAcks"),
		plain("TcpExt.TCPAckCompressed", Text{"ACKs that were saved because one answered several segments", "合并掉的 ACK"},
			say("ACKs, such as those with SACK blocks, that were not sent each by itself: one a little later stands for them (tcp_comp_sack_delay_ns, tcp_comp_sack_nr).",
				"没有逐个发出的 ACK（例如带 SACK 块的）：稍后用一个代替（tcp_comp_sack_delay_ns、tcp_comp_sack_nr）。",
				"net/ipv4/tcp_input.c __tcp_ack_snd_check; net/ipv4/tcp_output.c tcp_event_ack_sent"), "TcpExt.TCPPureAcks"),
	}
}

func recoveryCounters() []counter {
	return []counter{
		plain("TcpExt.TCPSackRecovery", Text{"times that a loss was repaired by SACK", "用 SACK 修复丢包的次数"},
			say("A connection took segments for lost because the peer's SACKs showed a gap, and sent them again without waiting for a timer.",
				"对端的 SACK 显示有缺口，连接据此认定丢包，不等定时器就重发。", "net/ipv4/tcp_input.c tcp_enter_recovery"), "many-retransmissions", "tcp_sack"),
		plain("TcpExt.TCPRenoRecovery", Text{"times that a loss was repaired without SACK", "没有 SACK 时修复丢包的次数"},
			say("The same on a connection without SACK, from repeated ACKs: the peer or something on the way does not take SACK.",
				"同上，但连接没有 SACK，靠重复 ACK 判断：对端或途中设备不支持 SACK。", "net/ipv4/tcp_input.c tcp_enter_recovery"), "TcpExt.TCPSackRecovery"),
		plain("TcpExt.TCPFastRetrans", Text{"segments sent again without waiting for a timer", "没等定时器就重发的报文（快速重传）"},
			say("Segments sent again while a loss was being repaired.", "修复丢包期间重发的报文。", "net/ipv4/tcp_output.c tcp_xmit_retransmit_queue"), "Tcp.RetransSegs", "TcpExt.TCPSlowStartRetrans"),
		plain("TcpExt.TCPSlowStartRetrans", Text{"segments sent again after a retransmission timer had fired", "重传定时器到期之后重发的报文"},
			say("Segments sent again in slow start, after a timeout had set the connection back to the beginning: the costly kind of repair.",
				"超时使连接退回慢启动之后重发的报文：代价大的那种修复。", "net/ipv4/tcp_output.c tcp_xmit_retransmit_queue"), "TcpExt.TCPTimeouts", "TcpExt.TCPFastRetrans"),
		plain("TcpExt.TCPLostRetransmit", Text{"segments of which what was sent again was lost too", "重发之后又丢的报文"},
			say("A segment that had been sent again was taken for lost once more.", "重发过的报文又被认定丢失。", "net/ipv4/tcp_input.c tcp_mark_skb_lost"), "many-retransmissions"),
		plain("TcpExt.TCPLossProbeRecovery", Text{"losses at the end of a burst that a probe repaired", "由尾部探测修复的丢包"},
			say("A loss probe was no false alarm: the last segment had been lost, and the probe replaced it without a timeout.",
				"尾部丢包探测（TLP）不是虚惊：最后一个报文确实丢了，探测补上了它，免去一次超时。", "net/ipv4/tcp_input.c tcp_process_tlp_ack"), "TcpExt.TCPLossProbes"),
		plain("TcpExt.TCPSackRecoveryFail", Text{"repairs by SACK that ended in a timeout", "SACK 修复失败、最终超时的次数"},
			say("The first timeout of a connection that was repairing a loss by SACK.", "正用 SACK 修复丢包的连接第一次超时。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"), "TcpExt.TCPTimeouts"),
		plain("TcpExt.TCPRenoRecoveryFail", Text{"repairs without SACK that ended in a timeout", "无 SACK 修复失败、最终超时的次数"},
			say("The first timeout of a connection that was repairing a loss without SACK.", "没有 SACK、正在修复丢包的连接第一次超时。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"), "TcpExt.TCPTimeouts"),
		plain("TcpExt.TCPSackFailures", Text{"timeouts of connections with SACK that had seen signs of a loss", "已有丢包迹象、有 SACK 的连接的超时"},
			say("The first timeout of a connection with SACK that had seen duplicate ACKs, too few of them to repair at once.",
				"有 SACK 的连接，已收到一些重复 ACK 但不足以快速重传，随后第一次超时。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"), "TcpExt.TCPTimeouts"),
		plain("TcpExt.TCPRenoFailures", Text{"timeouts of connections without SACK that had seen signs of a loss", "已有丢包迹象、无 SACK 的连接的超时"},
			say("The same without SACK.", "同上，但没有 SACK。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"), "TcpExt.TCPTimeouts"),
		plain("TcpExt.TCPLossFailures", Text{"timeouts of connections that were recovering from a timeout", "超时恢复期间再次超时"},
			say("The first timeout of a connection that had not recovered from an earlier one.", "连接还没从上一次超时恢复，又第一次超时。", "net/ipv4/tcp_timer.c tcp_retransmit_timer"), "TcpExt.TCPTimeouts"),
		plain("TcpExt.TCPSpuriousRtxHostQueues", Text{"retransmissions left out because the first copy had not left this host", "首份还没离开本机而取消的重传"},
			say("A segment was to be sent again, and its first copy was still in a queue of this host: the device or its queue is slow, not the network.",
				"要重发的报文，首份还在本机的队列里：慢的是网卡或其队列，不是网络。", "net/ipv4/tcp_output.c skb_still_in_host_queue"), "ES05", "default_qdisc"),
	}
}

func undoCounters() []counter {
	return []counter{
		plain("TcpExt.TCPFullUndo", Text{"repairs that turned out to be needless and were undone whole", "事后发现不必要、全部撤销的修复"},
			say("All that was sent again had arrived the first time: the connection takes its speed back.", "重发的报文其实第一次都到了：连接恢复原来的速度。",
				"net/ipv4/tcp_input.c tcp_try_undo_recovery"), "TcpExt.TCPDSACKUndo"),
		plain("TcpExt.TCPPartialUndo", Text{"repairs that turned out to be partly needless", "部分不必要的修复"},
			say("An ACK in the middle of a repair showed that what was taken for lost was only late.", "修复途中的 ACK 表明，认定丢失的报文只是来晚了。",
				"net/ipv4/tcp_input.c tcp_try_undo_partial"), "TcpExt.TCPFullUndo"),
		plain("TcpExt.TCPDSACKUndo", Text{"repairs undone because the peer reported duplicates", "因对端报告重复而撤销的修复"},
			say("The peer said by DSACK that everything sent again had come twice: nothing had been lost.", "对端用 DSACK 报告重发的都收到了两次：并没有丢包。",
				"net/ipv4/tcp_input.c tcp_try_undo_dsack"), "TcpExt.TCPDSACKRecv"),
		plain("TcpExt.TCPLossUndo", Text{"timeouts that turned out to be needless", "事后发现不必要的超时"},
			say("After a timeout an ACK showed that the first copies had arrived: the connection takes its speed back.", "超时之后的 ACK 表明第一份已经到达：连接恢复原来的速度。",
				"net/ipv4/tcp_input.c tcp_try_undo_loss, tcp_try_undo_recovery"), "TcpExt.TCPSpuriousRTOs"),
		plain("TcpExt.TCPSpuriousRTOs", Text{"timeouts that F-RTO found needless", "由 F-RTO 判定为不必要的超时"},
			say("The round trip had become longer all of a sudden; nothing was lost.", "往返时间突然变长，并没有丢包。", "net/ipv4/tcp_input.c tcp_try_undo_loss, tcp_process_loss"), "TcpExt.TCPLossUndo", "TcpExt.TCPTimeouts"),
		plain("TcpExt.TCPSACKReorder", Text{"times that SACKs showed segments out of order", "SACK 显示报文乱序的次数"},
			say("Segments overtook each other on the way; the connection becomes more patient before it takes one for lost.", "报文在途中互相超越；连接因此更耐心，不急于认定丢包。",
				"net/ipv4/tcp_input.c tcp_check_sack_reordering"), "TcpExt.TCPOFOQueue"),
		plain("TcpExt.TCPRenoReorder", Text{"times that segments out of order showed without SACK", "没有 SACK 时发现乱序的次数"},
			say("The same on a connection without SACK.", "同上，但连接没有 SACK。", "net/ipv4/tcp_input.c tcp_check_reno_reordering"), "TcpExt.TCPSACKReorder"),
		plain("TcpExt.TCPTSReorder", Text{"times that timestamps showed segments out of order", "时间戳显示报文乱序的次数"},
			say("The echoed timestamp belonged to the first copy of a segment that had been sent again: it was late, not lost.", "回显的时间戳属于首份报文，而不是重发的那份：它来晚了，没有丢。",
				"net/ipv4/tcp_input.c tcp_check_sack_reordering, tcp_try_undo_partial"), "TcpExt.TCPSACKReorder"),
	}
}

func sackCounters() []counter {
	return []counter{
		plain("TcpExt.TCPSACKReneging", Text{"peers that threw away what they had acknowledged by SACK", "对端丢弃了自己用 SACK 确认过的数据"},
			say("The peer dropped data that it had told by SACK, mostly for want of memory: everything is sent again.", "对端丢弃了用 SACK 报告过的数据（多半是内存不够）：全部重发。",
				"net/ipv4/tcp_input.c tcp_timeout_mark_lost, tcp_check_sack_reneging"), "TcpExt.OfoPruned"),
		plain("TcpExt.TCPSACKDiscard", Text{"SACK blocks that could not be true", "不合理的 SACK 块"},
			say("SACK blocks outside of what was sent: from a faulty peer, or made up.", "SACK 块超出了已发送的范围：对端有缺陷，或者是伪造的。",
				"net/ipv4/tcp_input.c tcp_sacktag_write_queue, tcp_is_sackblock_valid"), "tcp_sack"),
		plain("TcpExt.TCPDSACKIgnoredOld", Text{"DSACKs that told of something too old", "过旧而忽略的 DSACK"},
			say("A report of a duplicate from before the repair that is going on.", "报告的重复发生在本次修复之前。", "net/ipv4/tcp_input.c tcp_sacktag_write_queue"), "TcpExt.TCPDSACKRecv"),
		plain("TcpExt.TCPDSACKIgnoredNoUndo", Text{"DSACKs while there was nothing to undo", "没有可撤销的修复时收到的 DSACK"},
			say("A report of a duplicate that was out of bounds, while no repair was going on.", "没有进行中的修复时，收到范围不合理的重复报告。", "net/ipv4/tcp_input.c tcp_sacktag_write_queue"), "TcpExt.TCPDSACKRecv"),
		plain("TcpExt.TCPDSACKIgnoredDubious", Text{"DSACKs that report more duplicates than were sent", "报告的重复多于实际发送的 DSACK"},
			say("More duplicates than this end has sent again: the network doubles packets, or the peer lies.", "重复数多于本端重发的：网络复制了报文，或对端报告有误。", "net/ipv4/tcp_input.c tcp_check_dsack, tcp_dsack_seen"), "TcpExt.TCPDSACKRecv"),
		plain("TcpExt.TCPDSACKRecvSegs", Text{"segments that the peers reported as come twice", "对端报告收到两次的报文数"},
			say("The segments in all DSACKs: how much was sent again for nothing.", "所有 DSACK 涉及的报文数：白白重发了多少。", "net/ipv4/tcp_input.c tcp_dsack_seen"), "TcpExt.TCPDSACKRecv"),
		plain("TcpExt.TCPDSACKOfoRecv", Text{"DSACKs for data beyond what was acknowledged", "针对未确认数据的 DSACK"},
			say("The peer reports a duplicate of data that it keeps out of order.", "对端报告：它暂存的乱序数据里有重复。", "net/ipv4/tcp_input.c tcp_check_dsack"), "TcpExt.TCPDSACKRecv"),
		plain("TcpExt.TCPDSACKOldSent", Text{"times that we reported data as come twice", "本端报告数据重复到达的次数"},
			say("Data came that we had acknowledged already: our ACK was lost or the peer was impatient.", "收到已确认过的数据：本端的 ACK 丢了，或对端太急。", "net/ipv4/tcp_input.c tcp_dsack_set"), "TcpExt.DelayedACKLost"),
		plain("TcpExt.TCPDSACKOfoSent", Text{"times that we reported data out of order as come twice", "本端报告乱序数据重复到达的次数"},
			say("Data came twice that we keep out of order.", "暂存的乱序数据又来了一次。", "net/ipv4/tcp_input.c tcp_dsack_set"), "TcpExt.TCPOFOQueue"),
		plain("TcpExt.TCPSackShifted", Text{"pieces of the send queue moved into a neighbour because of a SACK", "因 SACK 并入相邻块的发送队列片段"},
			say("How the kernel keeps its notes on a SACK small: no sign of anything wrong by itself.", "内核整理 SACK 记录的方式：本身不说明有问题。", "net/ipv4/tcp_input.c tcp_shifted_skb"), "TcpExt.TCPSackMerged"),
		plain("TcpExt.TCPSackMerged", Text{"pieces of the send queue joined because of a SACK", "因 SACK 合并的发送队列片段"},
			say("A piece that a SACK covers was joined to its neighbour.", "被 SACK 覆盖的片段并入了相邻的片段。", "net/ipv4/tcp_input.c tcp_shifted_skb"), "TcpExt.TCPSackShifted"),
		plain("TcpExt.TCPSackShiftFallback", Text{"pieces of the send queue that could not be joined after a SACK", "SACK 之后无法合并的发送队列片段"},
			say("The kernel had to go the longer way with a SACK.", "内核处理这个 SACK 只能走较慢的路径。", "net/ipv4/tcp_input.c tcp_shift_skb_data"), "TcpExt.TCPSackShifted"),
	}
}

func receiveCounters() []counter {
	return []counter{
		plain("TcpExt.TCPRcvCollapsed", Text{"packets packed together because a receive buffer was full", "因接收缓冲已满而压缩合并的报文"},
			say("The kernel copied packets into fewer, fuller ones before it drops any: the program reads too slowly, or the buffer is too small.",
				"丢弃之前，内核先把报文拷贝成更少、更满的块：程序读得太慢，或缓冲太小。", "net/ipv4/tcp_input.c tcp_collapse, tcp_collapse_one"), "TcpExt.PruneCalled", "ES04"),
		plain("TcpExt.TCPRcvCoalesce", Text{"segments added to the one before them on receipt", "收到时并入前一个报文的报文"},
			say("Data of several packets kept as one: it saves memory.", "几个报文的数据合为一块，节省内存。", "net/ipv4/tcp_input.c tcp_try_coalesce"), "TcpExt.TCPBacklogCoalesce"),
		plain("TcpExt.TCPBacklogCoalesce", Text{"segments joined while a program was using the socket", "程序使用套接字期间合并的报文"},
			say("Segments that had to wait because a program was in a call on the socket were joined to the one before.", "程序正在对套接字做系统调用，需要等待的报文并入了前一个。",
				"net/ipv4/tcp_ipv4.c tcp_add_backlog"), "TcpExt.TCPBacklogDrop"),
		plain("TcpExt.TCPOFODrop", Text{"segments out of order that found no room", "放不下而丢弃的乱序报文"},
			say("A segment that came before others sent earlier was dropped because the receive buffer, or the memory of TCP, was full.",
				"先到的乱序报文因接收缓冲或 TCP 内存已满而丢弃。", "net/ipv4/tcp_input.c tcp_data_queue_ofo"), "TcpExt.TCPOFOQueue", "TcpExt.OfoPruned"),
		plain("TcpExt.TCPOFOMerge", Text{"segments out of order that overlapped others", "与其他乱序报文重叠的报文"},
			say("A segment out of order brought data that was there already, whole or in part.", "乱序报文的数据全部或部分已经有了。", "net/ipv4/tcp_input.c tcp_data_queue_ofo"), "TcpExt.TCPOFOQueue"),
		plain("TcpExt.TCPMemoryPressuresChrono", Text{"milliseconds of memory pressure of TCP", "TCP 处于内存压力状态的毫秒数"},
			say("Added when the pressure ends, in the namespace of the socket that ended it; it is of the whole host.", "压力结束时累加，计在结束它的那个套接字的命名空间；压力本身是整机的。",
				"net/ipv4/tcp.c tcp_leave_memory_pressure"), "TcpExt.TCPMemoryPressures", "tcp_mem"),
		plain("TcpExt.PFMemallocDrop", Text{"packets dropped because only the reserve of memory was left", "只剩应急内存时丢弃的报文"},
			say("The host had so little memory that a packet was received into the reserve, which is only for sockets that help to free memory, such as those of swapping over the network.",
				"内存极少，报文用的是应急储备；而储备只留给帮助释放内存的套接字（如网络交换）。", "net/core/filter.c sk_filter_trim_cap"), "tcp-out-of-memory"),
		plain("TcpExt.BusyPollRxPackets", Text{"packets that busy polling fetched from the device", "忙轮询从网卡取到的报文"},
			say("A program that waits asked the device itself instead of sleeping (SO_BUSY_POLL, net.core.busy_poll).", "等待中的程序自己去问网卡，而不是休眠（SO_BUSY_POLL、net.core.busy_poll）。",
				"net/core/dev.c napi_busy_loop"), "softnet_stat.time_squeeze"),
		plain("TcpExt.TCPMinTTLDrop", Text{"packets dropped because they came from too far away", "来得太远（TTL 太小）而丢弃的报文"},
			say("The socket has IP_MINTTL, as for BGP, and the TTL of the packet is smaller.", "套接字设了 IP_MINTTL（如 BGP），而报文的 TTL 更小。", "net/ipv4/tcp_ipv4.c tcp_v4_rcv"), "TcpExt.IPReversePathFilter"),
	}
}

func windowCounters() []counter {
	return []counter{
		plain("TcpExt.TCPToZeroWindowAdv", Text{"times that we closed our receive window", "本端把接收窗口关到 0 的次数"},
			say("The receive buffer was full: the program does not read fast enough, and the peer has to stop.", "接收缓冲已满：程序读得不够快，对端只能停发。", "net/ipv4/tcp_output.c tcp_select_window"), "TcpExt.TCPFromZeroWindowAdv", "ES04"),
		plain("TcpExt.TCPFromZeroWindowAdv", Text{"times that we opened our receive window again", "本端重新打开接收窗口的次数"},
			say("The program has read, and the peer may send again.", "程序读走了数据，对端可以再发。", "net/ipv4/tcp_output.c tcp_select_window"), "TcpExt.TCPToZeroWindowAdv"),
		plain("TcpExt.TCPWinProbe", Text{"probes sent to a peer whose window is closed", "向窗口为 0 的对端发出的探测"},
			say("The peer takes no data; this end asks from time to time whether it does again. The program over there does not read.", "对端不收数据；本端不时探问。是对端的程序不读。",
				"net/ipv4/tcp_output.c tcp_send_probe0, tcp_write_wakeup"), "ES06", "TCP_USER_TIMEOUT"),
		plain("TcpExt.TCPAutoCorking", Text{"small writes that waited for the ones before them to leave", "等前面的包发出再一起发的小块写入"},
			say("The kernel keeps a small piece back while others of the connection are in the device's queue, to send fuller packets (tcp_autocorking).",
				"连接还有包在网卡队列里时，内核暂留小块数据，凑成更满的包（tcp_autocorking）。", "net/ipv4/tcp.c tcp_push, tcp_should_autocork"), "TCP_NODELAY"),
		plain("TcpExt.TCPWqueueTooBig", Text{"send queues that could not be cut because they were too large", "太大而无法再切分的发送队列"},
			say("SACKs would have cut the send queue into so many pieces that it takes more memory than the socket may: against an attack with made-up SACKs.",
				"SACK 会把发送队列切得过碎，超出套接字的内存上限，因此拒绝：防止伪造 SACK 的攻击。", "net/ipv4/tcp_output.c tcp_fragment"), "tcp_sack"),
		plain("TcpExt.TCPDeliveredCE", Text{"segments that a router marked instead of dropping", "被路由器标记拥塞（而不是丢弃）的报文"},
			say("Segments that arrived with ECN's mark of congestion, as the peer's ACKs tell.", "对端的 ACK 说明这些报文到达时带有 ECN 拥塞标记。", "net/ipv4/tcp_input.c tcp_newly_delivered, tcp_count_delivered"), "tcp_ecn", "TcpExt.TCPDelivered"),
	}
}

func hystartCounters() []counter {
	return []counter{
		plain("TcpExt.TCPHystartTrainDetect", Text{"times that CUBIC ended slow start because ACKs came spread out", "CUBIC 因 ACK 拉开间隔而结束慢启动的次数"},
			say("The start of connections, not trouble: the path is full before anything is lost.", "连接起步阶段的正常现象：在丢包之前发现路径已满。", "net/ipv4/tcp_cubic.c hystart_update"), "tcp_congestion_control"),
		plain("TcpExt.TCPHystartTrainCwnd", Text{"the windows, added up, at which that happened", "此时拥塞窗口的累加"},
			say("Divided by TCPHystartTrainDetect it is the mean window in segments.", "除以 TCPHystartTrainDetect 就是平均窗口（报文数）。", "net/ipv4/tcp_cubic.c hystart_update"), "TcpExt.TCPHystartTrainDetect"),
		plain("TcpExt.TCPHystartDelayDetect", Text{"times that CUBIC ended slow start because the round trip grew", "CUBIC 因往返时间变长而结束慢启动的次数"},
			say("A queue on the way began to fill.", "途中的队列开始堆积。", "net/ipv4/tcp_cubic.c hystart_update"), "tcp_congestion_control"),
		plain("TcpExt.TCPHystartDelayCwnd", Text{"the windows, added up, at which that happened", "此时拥塞窗口的累加"},
			say("Divided by TCPHystartDelayDetect it is the mean window in segments.", "除以 TCPHystartDelayDetect 就是平均窗口（报文数）。", "net/ipv4/tcp_cubic.c hystart_update"), "TcpExt.TCPHystartDelayDetect"),
	}
}

func pathOfCounters() []counter {
	return []counter{
		plain("TcpExt.TCPMTUPSuccess", Text{"probes for larger packets that came through", "成功的 MTU 探测"},
			say("With tcp_mtu_probing: a larger packet arrived, and the connection uses that size.", "打开 tcp_mtu_probing 时：更大的包到达了，连接改用这个大小。", "net/ipv4/tcp_input.c tcp_mtup_probe_success"), "tcp_mtu_probing"),
		plain("TcpExt.TCPMTUPFail", Text{"probes for larger packets that were lost", "失败的 MTU 探测"},
			say("With tcp_mtu_probing: a larger packet was lost; the connection keeps its size.", "打开 tcp_mtu_probing 时：更大的包丢了，连接保持原来的大小。", "net/ipv4/tcp_input.c tcp_mtup_probe_failed"), "tcp_mtu_probing"),
		plain("TcpExt.OutOfWindowIcmps", Text{"ICMP errors about something that was not on its way", "与在途数据不符的 ICMP 错误"},
			say("An ICMP error that quotes a sequence number outside of what is on its way: late, or made up. It is ignored.", "ICMP 错误引用的序列号不在途：来晚了，或是伪造的。忽略。", "net/ipv4/tcp_ipv4.c tcp_v4_err"), "network-unreachable"),
		plain("TcpExt.LockDroppedIcmps", Text{"ICMP errors lost because a program was using the socket", "套接字正被使用而丢失的 ICMP 错误"},
			say("The error came while a program was in a call on the socket, and was not one about the size of packets.", "错误到达时程序正在对套接字做系统调用，而且不是关于包大小的错误。", "net/ipv4/tcp_ipv4.c tcp_v4_err"), "TcpExt.OutOfWindowIcmps"),
		plain("TcpExt.ArpFilter", Text{"ARP requests that were not answered because of arp_filter", "因 arp_filter 而不应答的 ARP 请求"},
			say("The way back to the one who asked leads over another device; with arp_filter this one keeps silent.", "回到询问者的路由走另一块网卡；打开 arp_filter 时，这块网卡不应答。", "net/ipv4/arp.c arp_process, arp_filter"), "neighbor-table-overflow"),
		plain("TcpExt.TcpTimeoutRehash", Text{"times that a timeout made a connection try another path", "因超时而换一条路径的次数"},
			say("After a retransmission timer fired the connection took another hash, so that routers with several paths may choose another.", "重传定时器到期后，连接换了散列值，多路径的路由器可能改走别的路。",
				"net/ipv4/tcp_timer.c tcp_write_timeout; include/net/sock.h sk_rethink_txhash"), "TcpExt.TCPTimeouts"),
		plain("TcpExt.TcpDuplicateDataRehash", Text{"times that repeated data made us try another path", "因数据重复到达而换一条路径的次数"},
			say("Data came again and again: our ACKs seem to be lost, and take another path from now on.", "数据反复到达：本端的 ACK 似乎丢了，之后换一条路走。", "net/ipv4/tcp_input.c tcp_rcv_spurious_retrans"), "TcpExt.DelayedACKLost"),
		plain("TcpExt.TCPPLBRehash", Text{"times that congestion made a connection try another path", "因拥塞而换一条路径的次数"},
			say("Since Linux 6.2, and only with tcp_plb_enabled and a congestion control that uses it, such as DCTCP.", "自 Linux 6.2 起，仅在打开 tcp_plb_enabled 且拥塞控制（如 DCTCP）使用它时。", "net/ipv4/tcp_plb.c tcp_plb_check_rehash"), "tcp_plb_enabled"),
	}
}

func rareCounters() []counter {
	return []counter{
		plain("TcpExt.TCPFastOpenCookieReqd", Text{"SYNs that asked for a Fast Open cookie", "索取 Fast Open cookie 的 SYN"},
			say("Clients that want to use Fast Open the next time.", "客户端想在下次使用 Fast Open。", "net/ipv4/tcp_fastopen.c tcp_try_fastopen"), "tcp_fastopen"),
		plain("TcpExt.TCPFastOpenBlackhole", Text{"times that Fast Open was switched off for outgoing connections", "对外连接的 Fast Open 被暂停的次数"},
			say("Something on the way lets SYNs with data vanish: for a while this namespace sends none (tcp_fastopen_blackhole_timeout_sec).", "途中有设备吞掉带数据的 SYN：该命名空间暂停使用（tcp_fastopen_blackhole_timeout_sec）。",
				"net/ipv4/tcp_fastopen.c tcp_fastopen_active_disable"), "tcp_fastopen"),
		plain("TcpExt.TCPFastOpenPassiveAltKey", Text{"Fast Open cookies of the key before this one", "用前一个密钥签发的 Fast Open cookie"},
			say("A cookie was right by the second key of tcp_fastopen_key: the key was changed not long ago.", "cookie 与 tcp_fastopen_key 的第二个密钥相符：不久前换过密钥。", "net/ipv4/tcp_fastopen.c tcp_try_fastopen"), "tcp_fastopen"),
		plain("Tcp.RtoAlgorithm", Text{"a constant: how retransmission times are computed", "常数：重传时间的算法"},
			say("Always 1, \"other\": kept for the MIB of RFC 4022.", "总是 1（“other”）：为 RFC 4022 的 MIB 保留。", "include/net/tcp.h tcp_mib_init"), "tcp_rto_min_us"),
		plain("Tcp.RtoMin", Text{"a constant: the shortest retransmission time, 200 ms", "常数：最短重传时间 200 毫秒"},
			say("In milliseconds, what the kernel was built with: it does not follow tcp_rto_min_us.", "单位毫秒，编译时的值：不随 tcp_rto_min_us 变化。", "include/net/tcp.h tcp_mib_init"), "tcp_rto_min_us"),
		plain("Tcp.RtoMax", Text{"a constant: the longest retransmission time, 120 s", "常数：最长重传时间 120 秒"},
			say("In milliseconds, what the kernel was built with: it does not follow tcp_rto_max_ms.", "单位毫秒，编译时的值：不随 tcp_rto_max_ms 变化。", "include/net/tcp.h tcp_mib_init"), "tcp_rto_max_ms"),
		plain("Tcp.MaxConn", Text{"a constant: -1, there is no fixed limit of connections", "常数：-1，连接数没有固定上限"},
			say("The MIB asks for a limit; Linux has none of this kind.", "MIB 要求给出上限；Linux 没有这样的上限。", "include/net/tcp.h tcp_mib_init"), "how-many-connections"),
	}
}
