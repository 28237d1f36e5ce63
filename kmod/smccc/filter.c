// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter of firmware calls: user space says, before any vCPU runs, which
 * functions the guest does not have, and which it answers itself (KVM API 5,
 * KVM_EXIT_HYPERCALL; Documentation/virt/kvm/devices/vm.rst, 6). Those of the
 * architecture are not its to take.
 *
 * Without a filter in the kernel's API (before 6.4) there is nothing here.
 */
#include <linux/arm-smccc.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/esr.h>

#include "../vcpu.h"
#include "../vm.h"
#include "call.h"
#include "smccc.h"

#ifdef KVM_ARM_VM_SMCCC_CTRL

static_assert((int)PENG_FILTER_HANDLE == KVM_SMCCC_FILTER_HANDLE);
static_assert((int)PENG_FILTER_DENY == KVM_SMCCC_FILTER_DENY);
static_assert((int)PENG_FILTER_FORWARD == KVM_SMCCC_FILTER_FWD_TO_USER);
static_assert((int)PENG_NR_FILTERS == NR_SMCCC_FILTER_ACTIONS);

/* Owner 0 of the fast calls: Arm Architecture Calls, DEN0028 6.1. */
static const u32 reserved[] = {
	ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_SMC_32, ARM_SMCCC_OWNER_ARCH, 0),
	ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_SMC_64, ARM_SMCCC_OWNER_ARCH, 0),
};

void peng_filter_init(struct peng_vm *vm)
{
	mt_init(&vm->smccc.filter);
}

void peng_filter_destroy(struct peng_vm *vm)
{
	mtree_destroy(&vm->smccc.filter);
}

static int insert(struct peng_vm *vm, u32 first, u32 last, unsigned int action)
{
	return mtree_insert_range(&vm->smccc.filter, first, last, xa_mk_value(action),
				  GFP_KERNEL_ACCOUNT);
}

/* From the first range on, so that what overlaps these is refused like any other. */
static int reserve(struct peng_vm *vm)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved) && !ret; i++)
		ret = insert(vm, reserved[i], reserved[i] + ARM_SMCCC_FUNC_MASK,
			     PENG_FILTER_HANDLE);
	/* Half a reservation is none. */
	if (ret)
		mtree_destroy(&vm->smccc.filter);
	return ret;
}

static int add_range(struct peng_vm *vm, u32 first, u32 last, unsigned int action)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	/* A guest that has run may have asked already. */
	if (vm->ran)
		return -EBUSY;
	if (!vm->smccc.filtered) {
		ret = reserve(vm);
		if (ret)
			return ret;
		vm->smccc.filtered = true;
	}
	return insert(vm, first, last, action);
}

/**
 * peng_filter_has_attr() - KVM_HAS_DEVICE_ATTR on a VM
 * @attr: group and attribute
 *
 * Return: 0 or -ENXIO.
 */
int peng_filter_has_attr(const struct kvm_device_attr *attr)
{
	if (attr->group != KVM_ARM_VM_SMCCC_CTRL || attr->attr != KVM_ARM_VM_SMCCC_FILTER)
		return -ENXIO;
	return 0;
}

/**
 * peng_filter_set_attr() - KVM_SET_DEVICE_ATTR on a VM
 * @vm: VM
 * @attr: group and attribute, and where the range is in user space
 *
 * Context: may sleep; takes vm->lock.
 * Return: 0; -ENXIO for another attribute, -EFAULT, -EINVAL for a range that is
 * empty or wraps, an unknown action or padding that is not zero, -EBUSY after a vCPU has run,
 * -EEXIST where the range overlaps one that is there or is reserved, -ENOMEM.
 */
int peng_filter_set_attr(struct peng_vm *vm, const struct kvm_device_attr *attr)
{
	struct kvm_smccc_filter range;
	int ret = peng_filter_has_attr(attr);
	u32 last;

	if (ret)
		return ret;
	if (copy_from_user(&range, u64_to_user_ptr(attr->addr), sizeof(range)))
		return -EFAULT;
	last = range.base + range.nr_functions - 1;
	if (!range.nr_functions || last < range.base || range.action >= PENG_NR_FILTERS ||
	    memchr_inv(range.pad, 0, sizeof(range.pad)))
		return -EINVAL;

	mutex_lock(&vm->lock);
	ret = add_range(vm, range.base, last, range.action);
	mutex_unlock(&vm->lock);
	return ret;
}

/**
 * peng_filter_find() - what is to become of a call
 * @vm: VM, a vCPU of which runs
 * @func: function id
 *
 * Context: any.
 */
enum peng_filter peng_filter_find(struct peng_vm *vm, u32 func)
{
	void *entry;

	if (likely(!vm->smccc.filtered))
		return PENG_FILTER_HANDLE;
	entry = mtree_load(&vm->smccc.filter, func);
	return entry ? xa_to_value(entry) : PENG_FILTER_HANDLE;
}

/**
 * peng_filter_forward() - have user space answer a call
 * @vcpu: whose PC is behind the instruction, and whose registers are the caller's
 * @func: function id
 *
 * Return: PENG_USER.
 */
enum peng_verdict peng_filter_forward(struct peng_vcpu *vcpu, u32 func)
{
	struct kvm_run *run = vcpu->run;
	u64 esr = peng_vcpu_esr(vcpu);

	memset(&run->hypercall, 0, sizeof(run->hypercall));
	run->exit_reason = KVM_EXIT_HYPERCALL;
	run->hypercall.nr = func;
	if (ESR_ELx_EC(esr) == ESR_ELx_EC_SMC64)
		run->hypercall.flags |= KVM_HYPERCALL_EXIT_SMC;
	if (!(esr & ESR_ELx_IL))
		run->hypercall.flags |= KVM_HYPERCALL_EXIT_16BIT;
	vcpu->run_ret = 0;
	return PENG_USER;
}

#endif /* KVM_ARM_VM_SMCCC_CTRL */
