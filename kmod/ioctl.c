// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runner of all ioctl tables (ioctl.h).
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "vcpu.h"

static const struct peng_ioctl_row *find_row(const struct peng_ioctl_row *rows, size_t nr,
					     unsigned int cmd)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (rows[i].cmd == cmd)
			return &rows[i];
	return NULL;
}

static int copy_in(const struct peng_ioctl_row *row, unsigned long arg, void *buf)
{
	size_t size = _IOC_SIZE(row->cmd);

	if (WARN_ON_ONCE(size > PENG_IOCTL_ARG_MAX))
		return -EINVAL;
	if (row->arg == PENG_ARG_OUT)
		memset(buf, 0, size);
	else if (copy_from_user(buf, (void __user *)arg, size))
		return -EFAULT;
	return 0;
}

static int lock_target(u8 flags, const struct peng_ioctl_target *t)
{
	if (flags & PENG_IOCTL_VM_LOCK)
		mutex_lock(&t->vm->lock);
	if (!(flags & PENG_IOCTL_VCPU_LOCK))
		return 0;
	if (mutex_lock_killable(&t->vcpu->lock))
		return -EINTR;
	if ((flags & PENG_IOCTL_INIT) && !t->vcpu->initialized) {
		mutex_unlock(&t->vcpu->lock);
		return -ENOEXEC;
	}
	return 0;
}

static void unlock_target(u8 flags, const struct peng_ioctl_target *t)
{
	if (flags & PENG_IOCTL_VCPU_LOCK)
		mutex_unlock(&t->vcpu->lock);
	if (flags & PENG_IOCTL_VM_LOCK)
		mutex_unlock(&t->vm->lock);
}

static long call_row(const struct peng_ioctl_row *row, const struct peng_ioctl_target *t,
		     unsigned long arg, void *buf)
{
	void *fn_arg = buf;
	long ret;

	if (row->arg == PENG_ARG_NONE)
		fn_arg = NULL;
	else if (row->arg == PENG_ARG_VALUE)
		fn_arg = &arg;
	else if (row->arg == PENG_ARG_RAW)
		fn_arg = (void __force *)(void __user *)arg;

	ret = lock_target(row->flags, t);
	if (ret) {
		if (row->flags & PENG_IOCTL_VM_LOCK)
			mutex_unlock(&t->vm->lock);
		return ret;
	}
	ret = row->fn(t, fn_arg);
	unlock_target(row->flags, t);
	return ret;
}

/*
 * Not inline: where the kernel clears what is on the stack, the buffer is for those who
 * need it. KVM_RUN, which comes with each exit to user space, does not.
 */
static noinline long call_with_copy(const struct peng_ioctl_row *row,
				    const struct peng_ioctl_target *t, unsigned long arg)
{
	u64 buf[PENG_IOCTL_ARG_MAX / sizeof(u64)];
	long ret;

	ret = copy_in(row, arg, buf);
	if (ret)
		return ret;

	ret = call_row(row, t, arg, buf);

	if (row->arg != PENG_ARG_IN && ret >= 0 &&
	    copy_to_user((void __user *)arg, buf, _IOC_SIZE(row->cmd)))
		return -EFAULT;
	return ret;
}

/**
 * peng_ioctl_run() - serve one ioctl from a table
 * @rows: table
 * @nr: its rows
 * @t: object behind the file descriptor
 * @cmd: ioctl number
 * @arg: ioctl argument
 *
 * Context: ioctl of the VM's own process.
 * Return: what the row's function returns; -EINVAL for an unknown number, as
 * KVM on arm64 answers; -EFAULT, -EINTR, -ENOEXEC as the row's flags say.
 */
long peng_ioctl_run(const struct peng_ioctl_row *rows, size_t nr,
		    const struct peng_ioctl_target *t,
		    unsigned int cmd, unsigned long arg)
{
	const struct peng_ioctl_row *row = find_row(rows, nr, cmd);

	if (!row)
		return -EINVAL;
	if (row->arg == PENG_ARG_NONE && arg)
		return -EINVAL;
	if (row->arg == PENG_ARG_IN || row->arg == PENG_ARG_OUT || row->arg == PENG_ARG_INOUT)
		return call_with_copy(row, t, arg);
	return call_row(row, t, arg, NULL);
}
