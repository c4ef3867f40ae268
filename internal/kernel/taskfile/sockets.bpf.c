// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
//go:build ignore
//
// For every open socket of every process, of whatever protocol: its inode and
// the process, eight bytes each. (What listens with MPTCP is no TCP socket here.) A program of type iter/task_file runs once for each descriptor
// (kernel/bpf/task_iter.c task_file_seq_show), in the process that reads.
#include "bpf.h"

LICENSE("GPL");

struct inode {
	unsigned long i_ino;
} CORE;
struct file {
	struct inode *f_inode;
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
} CORE;
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
} CORE;

// The context (include/linux/bpf.h, BPF iterators): every member takes eight bytes.
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u64 fd;
	struct file *file;
};

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

SEC("iter/task_file")
int sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct {
		u32 inode, pid;
	} found;

	if (!task || !file)
		return 0;
	if (!sock_from_file(file))
		return 0;
	found.inode = file->f_inode->i_ino;
	found.pid = pid_of(task);
	seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}
