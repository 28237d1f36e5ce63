/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ioctl tables: one row for each ioctl, one runner for all file types.
 *
 * The runner finds the row, checks the state it asks for, copies the argument
 * in, takes the lock, calls, unlocks, and copies the argument out.
 */
#ifndef PENG_IOCTL_H
#define PENG_IOCTL_H

#include <linux/bits.h>
#include <linux/types.h>

struct peng_device;
struct peng_vcpu;
struct peng_vm;

/**
 * struct peng_ioctl_target - the object behind the file descriptor
 * @vm: NULL for the system fd
 * @vcpu: vCPU fd only
 * @dev: device fd only
 */
struct peng_ioctl_target {
	struct peng_vm *vm;
	struct peng_vcpu *vcpu;
	struct peng_device *dev;
};

enum peng_ioctl_arg {
	PENG_ARG_NONE,	/* ioctl argument must be 0; fn gets NULL */
	PENG_ARG_VALUE,	/* fn gets a pointer to the unsigned long argument */
	PENG_ARG_IN,	/* copied from user space, _IOC_SIZE(cmd) bytes */
	PENG_ARG_OUT,	/* zeroed, and copied to user space on success */
	PENG_ARG_INOUT,	/* both */
	PENG_ARG_RAW,	/* fn gets the user pointer itself, cast by fn */
};

#define PENG_IOCTL_INIT		BIT(0)	/* -ENOEXEC before KVM_ARM_VCPU_INIT */
#define PENG_IOCTL_VM_LOCK	BIT(1)	/* with vm->lock held */
#define PENG_IOCTL_VCPU_LOCK	BIT(2)	/* with vcpu->lock held, killable */

/* Large enough for struct kvm_guest_debug, the largest that is copied. */
#define PENG_IOCTL_ARG_MAX	528

/**
 * struct peng_ioctl_row - one ioctl
 * @cmd: the ioctl's number as in <linux/kvm.h>
 * @arg: how the argument reaches @fn
 * @flags: PENG_IOCTL_*
 * @fn: does the work; returns what the ioctl returns
 */
struct peng_ioctl_row {
	unsigned int cmd;
	u8 arg;
	u8 flags;
	long (*fn)(const struct peng_ioctl_target *t, void *arg);
};

long peng_ioctl_run(const struct peng_ioctl_row *rows, size_t nr,
		    const struct peng_ioctl_target *t,
		    unsigned int cmd, unsigned long arg);

#endif /* PENG_IOCTL_H */
