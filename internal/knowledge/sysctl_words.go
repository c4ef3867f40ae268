// SPDX-License-Identifier: Apache-2.0

package knowledge

// Text returns the status in words.
func (s SysctlStatus) Text() Text {
	switch s {
	case SysctlRemoved:
		return Text{"removed", "已删除"}
	case SysctlNoEffect:
		return Text{"without effect", "已无作用"}
	case SysctlReadOnly:
		return Text{"read-only", "只读"}
	default:
		return Text{"in use", "有效"}
	}
}

// Text returns the direction in words.
func (d SysctlDirection) Text() Text {
	switch d {
	case OnlyRaise:
		return Text{"only raise it", "只宜调大"}
	case OnlyLower:
		return Text{"only lower it", "只宜调小"}
	case MoveEither:
		return Text{"either way, it depends on the host", "可大可小，视主机而定"}
	default:
		return Text{"leave it alone", "不要改动"}
	}
}

// Text returns the scope in words.
func (s SysctlScope) Text() Text {
	switch s {
	case CopiedToNetns:
		return Text{
			"each network namespace; a new one, as of a container, starts with the values of the initial one at that moment",
			"每个网络命名空间各有一份；新建的（例如容器的）从初始命名空间当时的值开始",
		}
	case InitNetnsOnly:
		return Text{
			"the initial network namespace only; absent in containers",
			"只存在于初始网络命名空间，容器里没有这个文件",
		}
	case ReadOnlyElsewhere:
		return Text{
			"set in the initial network namespace; read-only in containers",
			"只能在初始网络命名空间里设置；容器里只读",
		}
	case WholeHost:
		return Text{"the whole host", "整台主机"}
	default:
		return Text{
			"each network namespace; containers start from the kernel's default, not from the host's value",
			"每个网络命名空间各有一份；容器从内核默认值开始，不继承主机的设置",
		}
	}
}

// Text returns in words when a new value takes effect.
func (e SysctlEffect) Text() Text {
	switch e {
	case AtSyn:
		return Text{"with the next SYN", "从下一个 SYN 起"}
	case AtConnect:
		return Text{"with the next connect()", "从下一次 connect() 起"}
	case AtPort:
		return Text{"with the next connect() or bind()", "从下一次 connect() 或 bind() 起"}
	case AtListen:
		return Text{"with the next listen(): restart the application", "从下一次 listen() 起，需要重启应用"}
	case AtSocket:
		return Text{"for sockets made later", "只对之后新建的套接字"}
	case AtInherit:
		return Text{
			"when a socket is made; accepted connections take their listener's value, so that servers have to be restarted",
			"在创建套接字时；accept 得到的连接沿用监听套接字的值，所以服务端要重启",
		}
	case AtBuffers:
		return Text{
			"at once for the first and third number, also for open sockets; the second is read when a socket is made, and accepted connections take their listener's",
			"第一、第三个数立即生效，对已有的套接字也是；第二个数在创建套接字时读取，accept 得到的连接沿用监听套接字的值",
		}
	case AtHandshake:
		return Text{"with the next handshake, of existing sockets and listeners too", "从下一次握手起，已有的套接字和监听套接字也是"}
	case AtEntry:
		return Text{"for each entry with its next packet", "对每个表项，从它的下一个包起"}
	case AtNamespace:
		return Text{"for network namespaces made later", "只对之后新建的网络命名空间"}
	case AtTimer:
		return Text{
			"for existing sockets too, when their timer next expires: a timer that runs keeps its time",
			"已有的套接字也生效，但要等定时器下次到期：正在跑的定时器时间不变",
		}
	case AtClose:
		return Text{"with the next close", "从下一次关闭连接起"}
	case AtListenerClose:
		return Text{"with the next close of a listener", "从下一次关闭监听套接字起"}
	case AtDevice:
		return Text{"for network devices that come up later", "只对之后启用的网络设备"}
	case AtProbing:
		return Text{
			"for 1 with the next timeouts of any connection, open ones too; for 2 with the next handshake",
			"设为 1 时从任一连接（包括已有的）的下次超时起；设为 2 时从下一次握手起",
		}
	default:
		return Text{"at once", "立即"}
	}
}
