// SPDX-License-Identifier: Apache-2.0

package knowledge

import (
	"math"

	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// fileSysctls bound open files. A process that may open no more lets its
// accept queue fill while the CPU is idle.
func fileSysctls() []Sysctl {
	return []Sysctl{
		{
			Key:     "fs.file-max",
			Summary: Text{"open files on the whole host", "整台主机的打开文件数上限"},
			Unit:    Text{"files", "文件数"},
			Default: unforeseen("10 % of memory in KB; systemd raises it to the most there is", "内存（KB）的 10%；systemd 会把它调到最大"),
			Kernel:  ints(0, math.MaxInt64), Safe: ints(65536, math.MaxInt64), Direction: OnlyRaise, Scope: WholeHost, Effect: AtOnce,
			States: tcp.SetOf(tcp.Established, tcp.Listen),
			Risk:   Text{"Lowered below what is in use, nothing but root can open a file.", "调到已用数量以下时，除 root 外谁也打不开文件。"},
			Need:   Text{"accept() fails with ENFILE, or the kernel logs \"VFS: file-max limit reached\". EMFILE is the limit of a process: LimitNOFILE.", "accept() 报 ENFILE，或内核日志出现 \"VFS: file-max limit reached\"。EMFILE 是进程的限制：应改 LimitNOFILE。"},
			Helped: Text{"accept() no longer fails, and the accept queue empties.", "accept() 不再失败，全连接队列排空。"},
			Verdicts: []SysctlVerdict{{
				Kind: LowersDefault, Values: ints(0, 65535),
				Text: Text{"is below the default of any host with 1 GB: when it is reached, nothing but root can open a file or a socket", "低于任何 1 GB 以上内存主机的默认值：用完之后除 root 外谁也打不开文件和套接字"},
				Do:   Text{"Delete the line; the limit of a service is its LimitNOFILE.", "删掉这一行；服务的限制是它的 LimitNOFILE。"}, Source: "fs/file_table.c files_maxfiles_init",
			}},
			Source: "fs/file_table.c alloc_empty_file",
			See:    []string{"AQ01", "LISTEN", "fs.nr_open"},
		},
		{
			Key:     "fs.nr_open",
			Summary: Text{"the highest limit of open files that a process can have", "单个进程打开文件数限制的最大值"},
			Unit:    Text{"files for each process", "每个进程的文件数"}, Default: always("1048576"),
			Kernel: ints(64, 2147483584), Safe: ints(1048576, 1073741816), Direction: OnlyRaise, Scope: WholeHost, Effect: AtOnce,
			History: []Statement{
				say("systemd raises it at boot where it is built to: on such a host it is far above the kernel's default.", "systemd 若编译时启用，会在启动时调大它：这样的主机上它远大于内核默认值。", "https://github.com/systemd/systemd/blob/main/NEWS"),
			},
			States: tcp.SetOf(tcp.Established, tcp.Listen),
			Risk:   Text{"Programs that close all possible descriptors at start become slow.", "启动时逐个关闭所有描述符的程序会变慢。"},
			Need:   Text{"A process needs more than a million connections.", "单个进程需要一百万以上的连接。"},
			Helped: Text{"setrlimit() with the higher number succeeds.", "setrlimit() 能设到更大的数。"},
			Source: "fs/file.c sysctl_nr_open",
			See:    []string{"AQ01", "fs.file-max"},
		},
	}
}
