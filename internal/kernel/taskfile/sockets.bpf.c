// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
//go:build ignore
//
// For every open socket of every process, of whatever protocol: its inode and
// the process, eight bytes each; before the first of a process what it is called
// and when it started; and the rings of io_uring, which hold sockets of their
// own. (What listens with MPTCP is no TCP socket here.) A program of type
// iter/task_file runs once for each descriptor (kernel/bpf/task_iter.c
// task_file_seq_show), in the process that reads.
#include "bpf.h"

LICENSE("GPL");

struct inode {
	unsigned long i_ino;
} CORE;
struct qstr {
	const unsigned char *name;
} CORE;
struct dentry {
	struct qstr d_name;
} CORE;
struct path {
	struct dentry *dentry;
} CORE;
struct file {
	struct inode *f_inode;
	struct path f_path;
} CORE;
struct socket;
struct upid {
	int nr;
} CORE;
struct pid {
	u32 level;
	struct upid numbers[1];
} CORE;
struct task_struct {
	int tgid;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	u64 start_boottime;
	char comm[16];
} CORE;
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
} CORE;

// The context (include/linux/bpf.h, BPF iterators): every member takes eight bytes.
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u64 fd;
	struct file *file;
};

static long (*const probe_read_str)(void *to, u32 size, const void *from) = (void *)115;
static struct socket *(*const sock_from_file)(struct file *file) = (void *)162;

// Whether the reader lives in a pid namespace of its own: pids are then told as
// they are there.
const volatile u32 translate = 0;

// level is how deep the pid namespace of a task is.
INLINE u32 level_of(struct task_struct *task)
{
	struct pid *pid = NULL;
	u32 level = 0;

	READ(pid, task, struct task_struct, thread_pid);
	READ(level, pid, struct pid, level);
	return level;
}

// pid_of is the number of a process in the namespace of the reader, of which it
// is a member too (kernel/bpf/task_iter.c visits no other).
INLINE int pid_of(struct task_struct *task)
{
	struct task_struct *leader = NULL;
	struct pid *pid = NULL;
	u32 level;
	int nr = 0;

	if (!translate)
		return task->tgid;
	level = level_of((struct task_struct *)current_task());
	READ(leader, task, struct task_struct, group_leader);
	READ(pid, leader, struct task_struct, thread_pid);
	probe_read(&nr, sizeof(nr), (const char *)pid + OFFSET(struct pid, numbers) + level * SIZE(struct upid));
	return nr;
}

// What is written.
struct pair {
	u32 inode, pid;
};
struct about {
	u32 none, pid; // no socket has the inode 0
	u64 start;     // nanoseconds since boot
	char name[16];
	u64 ring; // one more than the descriptor that is a ring; 0: this is about the process
};

// The process that was told about last, and to whom. Who reads at the same time
// may be told of a process twice.
u64 last_task = 0, last_session = 0;

// tell writes about a process. The task is known not to be NULL, which the
// context's own would have to be asked again.
INLINE long tell(struct seq_file *to, struct task_struct *task, u64 ring)
{
	struct about a = {.pid = pid_of(task), .start = task->group_leader->start_boottime, .ring = ring};

	__builtin_memcpy(a.name, task->group_leader->comm, sizeof(a.name));
	return seq_write(to, &a, sizeof(a));
}

// is_ring compares the name of a file that is no socket (io_uring/io_uring.c
// io_uring_get_file).
INLINE bool is_ring(struct file *file)
{
	const char want[16] = "[io_uring]";
	char name[16] = {};

	if (probe_read_str(name, sizeof(name), file->f_path.dentry->d_name.name) != 11)
		return 0;
	return *(u64 *)name == *(u64 *)want && *(u64 *)(name + 8) == *(u64 *)(want + 8);
}

// What finds no room is asked for again with all that was written for it
// (kernel/bpf/bpf_iter.c bpf_seq_read): then the process is to be told about again.
SEC("iter/task_file")
int sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	u64 session = ctx->meta->session_id;
	struct pair found;

	if (!task || !file)
		return 0;
	if (!sock_from_file(file)) {
		if (is_ring(file))
			tell(ctx->meta->seq, task, ctx->fd + 1);
		return 0;
	}
	if (last_task != (u64)task || last_session != session) {
		if (tell(ctx->meta->seq, task, 0))
			return 0;
		last_session = session;
	}
	found.inode = file->f_inode->i_ino;
	found.pid = pid_of(task);
	last_task = seq_write(ctx->meta->seq, &found, sizeof(found)) ? 0 : (u64)task;
	return 0;
}
