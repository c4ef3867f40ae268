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
		return Text{"either way", "可大可小，视主机而定"}
	default:
		return Text{"leave it alone", "不要改动"}
	}
}

// Text returns the scope in words.
func (s SysctlScope) Text() Text {
	switch s {
	case InitNetnsOnly:
		return Text{
			"the initial network namespace only; absent in containers",
			"只存在于初始网络命名空间，容器里没有这个文件",
		}
	case ReadOnlyElsewhere:
		return Text{
			"set in the initial network namespace, read-only in containers",
			"只能在初始网络命名空间里设置，容器里只读",
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
		return Text{"with the next connect() or bind()", "从下一次 connect() 或 bind() 起"}
	case AtListen:
		return Text{"with the next listen(): restart the application", "从下一次 listen() 起，需要重启应用"}
	case AtSocket:
		return Text{"for sockets made later", "只对之后新建的套接字"}
	case AtTimer:
		return Text{"for existing sockets too, when their timer next expires", "已有的套接字也生效，从定时器下次到期起"}
	case AtClose:
		return Text{"with the next close", "从下一次关闭连接起"}
	default:
		return Text{"at once", "立即"}
	}
}
