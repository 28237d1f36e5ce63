// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters, and the file behind KVM_GET_STATS_FD (KVM API 4.133): a header,
 * the name of what is counted, a descriptor for each counter, and the values, in
 * this order.
 *
 * Counters are read without a lock. The file keeps its VM, and with it the vCPU.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "../uapi/linux/peng.h"
#include "compat.h"
#include "host/probe.h"
#include "stats.h"
#include "vcpu.h"
#include "vm.h"

#define NAME_SIZE	48

/**
 * struct stat_row - a counter of 64 bits
 * @name: KVM's, where it counts the same
 * @attr: PENG_A_COUNTER_*, for netlink; 0 for none
 * @flags: KVM_STATS_UNIT_*; the type is cumulative, the base 10
 * @exponent: of the base, for the unit
 * @offset: of the counter in struct peng_vcpu or struct peng_vm
 */
struct stat_row {
	const char *name;
	u16 attr;
	u32 flags;
	s16 exponent;
	u32 offset;
};

#define COUNT(_name, _attr, type, member)					\
	{ _name, _attr, KVM_STATS_UNIT_NONE, 0, offsetof(struct type, member) }
#define VCPU_COUNT(_name, _attr, member)					\
	COUNT(_name, PENG_A_COUNTER_##_attr, peng_vcpu, stats.member)
#define VCPU_NANOSECONDS(_name, _attr, member)					\
	{ _name, PENG_A_COUNTER_##_attr, KVM_STATS_UNIT_SECONDS, -9,		\
	  offsetof(struct peng_vcpu, stats.member) }

static const struct stat_row vm_rows[] = {
	COUNT("remote_tlb_flush", 0, peng_vm, stage2.tlb_flushes),
};

static const struct stat_row vcpu_rows[] = {
	VCPU_COUNT("halt_successful_poll", HALT_SUCCESSFUL_POLL, halt_successful_poll),
	VCPU_COUNT("halt_attempted_poll", HALT_ATTEMPTED_POLL, halt_attempted_poll),
	VCPU_COUNT("halt_wakeup", HALT_WAKEUP, halt_wakeup),
	VCPU_NANOSECONDS("halt_wait_ns", HALT_WAIT_NS, halt_wait_ns),
	VCPU_COUNT("hvc_exit_stat", HVC, hvc),
	VCPU_COUNT("wfe_exit_stat", WFE, wfe),
	VCPU_COUNT("wfi_exit_stat", WFI, wfi),
	VCPU_COUNT("mmio_exit_user", MMIO_USER, mmio_user),
	VCPU_COUNT("mmio_exit_kernel", MMIO_KERNEL, mmio_kernel),
	VCPU_COUNT("signal_exits", SIGNALS, signals),
	VCPU_COUNT("exits", EXITS, exits),
	VCPU_COUNT("interrupts", INTERRUPTS, interrupts),
};
static_assert(ARRAY_SIZE(vcpu_rows) == PENG_A_COUNTER_MAX - PENG_A_COUNTER_PAD);

static u64 read_counter(const void *owner, const struct stat_row *row)
{
	return READ_ONCE(*(const u64 *)(owner + row->offset));
}

/* Of a vCPU's counter: @stats_base has the layout of @stats. */
static u32 base_offset(const struct stat_row *row)
{
	return row->offset - offsetof(struct peng_vcpu, stats) +
	       offsetof(struct peng_vcpu, stats_base);
}

bool peng_stats_get(const struct peng_vcpu *vcpu, unsigned int i, struct peng_stat *stat)
{
	const struct stat_row *row;
	u64 base;

	if (i >= ARRAY_SIZE(vcpu_rows))
		return false;
	row = &vcpu_rows[i];
	/* The base first: then the counter is not below it. Pairs with reset_vcpu(). */
	base = smp_load_acquire((const u64 *)((const void *)vcpu + base_offset(row)));
	stat->attr = row->attr;
	stat->value = read_counter(vcpu, row) - base;
	return true;
}

static void reset_vcpu(struct peng_vcpu *vcpu)
{
	const struct stat_row *row;

	for (row = vcpu_rows; row < vcpu_rows + ARRAY_SIZE(vcpu_rows); row++)
		/* Who sees the base sees the counter as far as it is here. */
		smp_store_release((u64 *)((void *)vcpu + base_offset(row)),
				  read_counter(vcpu, row));
}

/**
 * peng_stats_reset() - netlink's counters of a VM's vCPUs begin anew
 * @vm: VM, of which the caller holds a reference
 *
 * Only the vCPU's thread writes its counters, and who reads them by
 * KVM_GET_STATS_FD relies on it that they never go back (KVM API 4.133): what
 * changes is what netlink takes away from them.
 *
 * Context: sleeps; takes vm->lock, so that of two resets none takes back a base.
 */
void peng_stats_reset(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	mutex_lock(&vm->lock);
	peng_vm_for_each_vcpu(i, vcpu, vm) {
		reset_vcpu(vcpu);
		peng_exit_stats_reset(vcpu);
	}
	mutex_unlock(&vm->lock);
}

/**
 * struct stats_file - an open file
 * @vm: VM, of which it holds a reference
 * @vcpu: vCPU, NULL where the file is the VM's
 * @id: what is counted
 */
struct stats_file {
	struct peng_vm *vm;
	struct peng_vcpu *vcpu;
	char id[NAME_SIZE];
};

static const struct stat_row *rows_of(const struct stats_file *stats, u32 *nr)
{
	*nr = stats->vcpu ? ARRAY_SIZE(vcpu_rows) : ARRAY_SIZE(vm_rows);
	return stats->vcpu ? vcpu_rows : vm_rows;
}

static void fill_desc(void *to, const struct stat_row *row, u32 offset)
{
	const struct kvm_stats_desc desc = {
		.flags = KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_BASE_POW10 | row->flags,
		.exponent = row->exponent,
		.size = 1,
		.offset = offset,
	};

	memcpy(to, &desc, sizeof(desc));
	strscpy(to + sizeof(desc), row->name, NAME_SIZE);
}

/* All of the file as it is now, in zeroed memory. */
static void fill_image(void *image, const struct kvm_stats_header *header,
		       const struct stats_file *stats)
{
	const void *owner = stats->vcpu ? (const void *)stats->vcpu : stats->vm;
	u64 *data = image + header->data_offset;
	const struct stat_row *rows;
	u32 i, nr;

	rows = rows_of(stats, &nr);
	memcpy(image, header, sizeof(*header));
	memcpy(image + header->id_offset, stats->id, NAME_SIZE);
	for (i = 0; i < nr; i++) {
		fill_desc(image + header->desc_offset +
			  i * (sizeof(struct kvm_stats_desc) + NAME_SIZE),
			  &rows[i], i * sizeof(u64));
		data[i] = read_counter(owner, &rows[i]);
	}
}

static ssize_t stats_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	const struct stats_file *stats = file->private_data;
	struct kvm_stats_header header = { .name_size = NAME_SIZE };
	ssize_t ret;
	size_t size;
	void *image;

	rows_of(stats, &header.num_desc);
	header.id_offset = sizeof(header);
	header.desc_offset = header.id_offset + NAME_SIZE;
	header.data_offset = header.desc_offset +
			     header.num_desc * (sizeof(struct kvm_stats_desc) + NAME_SIZE);
	size = header.data_offset + header.num_desc * sizeof(u64);

	image = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!image)
		return -ENOMEM;
	fill_image(image, &header, stats);
	ret = simple_read_from_buffer(to, count, pos, image, size);
	kfree(image);
	return ret;
}

static int stats_release(struct inode *inode, struct file *file)
{
	struct stats_file *stats = file->private_data;

	peng_vm_put(stats->vm);
	kfree(stats);
	return 0;
}

static const struct file_operations stats_fops = {
	.owner = THIS_MODULE,
	.read = stats_read,
	.release = stats_release,
	.llseek = noop_llseek,
};

static int install_file(struct stats_file *stats)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(stats->vcpu ? "peng-vcpu-stats" : "peng-vm-stats",
				  &stats_fops, stats, O_RDONLY);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	/* Clients read single counters by their offset. */
	file->f_mode |= FMODE_PREAD;
	fd_install(fd, file);
	return fd;
}

/**
 * peng_stats_note_runner() - a thread calls KVM_RUN
 * @vcpu: vCPU; current runs it
 *
 * A vCPU has one thread for life, and then this is one comparison.
 *
 * Context: ioctl; vcpu->lock held; sleeps where the thread is another than last.
 */
void peng_stats_note_runner(struct peng_vcpu *vcpu)
{
	struct pid *last = rcu_dereference_protected(vcpu->runner, lockdep_is_held(&vcpu->lock));

	if (likely(last == task_pid(current)))
		return;
	rcu_assign_pointer(vcpu->runner, get_pid(task_pid(current)));
	if (last)
		synchronize_rcu();
	put_pid(last);
}

/**
 * peng_stats_forget_runner() - at the end of a vCPU
 * @vcpu: vCPU that nobody can reach any more
 */
void peng_stats_forget_runner(struct peng_vcpu *vcpu)
{
	put_pid(rcu_dereference_protected(vcpu->runner, true));
}

/**
 * peng_stats_times() - what a vCPU's thread has had of the host's CPUs
 * @vcpu: vCPU
 * @ns: that numbers the thread
 * @times: to be filled
 *
 * Context: any that may read under RCU.
 * Return: false where no thread has run it, or that thread has ended.
 */
bool peng_stats_times(struct peng_vcpu *vcpu, struct pid_namespace *ns,
		      struct peng_vcpu_times *times)
{
	struct task_struct *thread;
	struct pid *pid;

	rcu_read_lock();
	pid = rcu_dereference(vcpu->runner);
	thread = pid_task(pid, PIDTYPE_PID);
	if (thread) {
		times->pid = pid_nr_ns(pid, ns);
		times->run_ns = READ_ONCE(thread->se.sum_exec_runtime);
		times->guest_ns = mul_u64_u32_div(READ_ONCE(vcpu->stats.guest_ticks),
						  NSEC_PER_SEC, peng_host.counter_freq);
		times->steal_ns = compat_run_delay(thread) +
				  READ_ONCE(vcpu->limit.throttled_ns);
	}
	rcu_read_unlock();
	return thread;
}

int peng_stats_open(struct peng_vm *vm, struct peng_vcpu *vcpu)
{
	struct stats_file *stats = kzalloc(sizeof(*stats), GFP_KERNEL_ACCOUNT);
	int fd;

	if (!stats)
		return -ENOMEM;
	stats->vm = vm;
	stats->vcpu = vcpu;
	if (vcpu)
		snprintf(stats->id, NAME_SIZE, "kvm-%d/vcpu-%u", task_tgid_nr(current), vcpu->id);
	else
		snprintf(stats->id, NAME_SIZE, "kvm-%d", task_tgid_nr(current));

	peng_vm_get(vm);
	fd = install_file(stats);
	if (fd < 0) {
		peng_vm_put(vm);
		kfree(stats);
	}
	return fd;
}
