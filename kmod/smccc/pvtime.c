// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paravirtualised time for Arm-based systems, DEN0057: stolen time. User space
 * gives each vCPU 64 bytes of guest memory, in which it finds how long it was
 * ready to run and did not.
 *
 * The host's scheduler counts that for the vCPU's thread; what it has added
 * since the last look goes into the structure before the guest is entered. The
 * sum is kept in guest memory alone, so that it moves with it.
 */
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/sizes.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include <asm/pvclock-abi.h>

#include "../mmu/memslot.h"
#include "../mmu/mmu.h"
#include "../vcpu.h"
#include "../vm.h"
#include "call.h"
#include "smccc.h"

#define NOT_SEEN	(~0ULL)

static_assert(sizeof(struct pvclock_vcpu_stolen_time) == SZ_64);

bool peng_pvtime_supported(void)
{
	return compat_run_delay_known();
}

void peng_pvtime_vcpu_init(struct peng_vcpu *vcpu)
{
	vcpu->pvtime.base = PENG_PVTIME_NO_BASE;
	vcpu->pvtime.seen = NOT_SEEN;
}

/* Without a CPU while it wanted one: others had it, or the VM's quota was used up. */
static u64 delay_of(const struct peng_vcpu *vcpu)
{
	return compat_run_delay(current) + vcpu->limit.throttled_ns;
}

void peng_pvtime_update(struct peng_vcpu *vcpu)
{
	u64 gpa = vcpu->pvtime.base + offsetof(struct pvclock_vcpu_stolen_time, stolen_time);
	u64 delay, delta;
	__le64 stolen;

	lockdep_assert_held(&vcpu->lock);

	delay = delay_of(vcpu);
	delta = delay - vcpu->pvtime.seen;
	if (!delta)
		return;
	/* The first look, or a thread that has waited less than the one before. */
	if (vcpu->pvtime.seen > delay)
		delta = 0;
	vcpu->pvtime.seen = delay;
	if (!delta || peng_mmu_read_guest(vcpu->vm, gpa, &stolen, sizeof(stolen)))
		return;
	stolen = cpu_to_le64(le64_to_cpu(stolen) + delta);
	peng_mmu_write_guest(vcpu->vm, gpa, &stolen, sizeof(stolen));
}

PENG_CALL(peng_pvtime_features)
{
	u32 func = call->arg[0];

	if (func != ARM_SMCCC_HV_PV_TIME_FEATURES && func != ARM_SMCCC_HV_PV_TIME_ST)
		return PENG_RESUME;
	if (vcpu->pvtime.base != PENG_PVTIME_NO_BASE)
		call->ret[0] = SMCCC_RET_SUCCESS;
	return PENG_RESUME;
}

/* Stolen time counts from here on; without a structure the answer is NOT_SUPPORTED. */
PENG_CALL(peng_pvtime_stolen)
{
	const struct pvclock_vcpu_stolen_time none = {};
	u64 base = vcpu->pvtime.base;

	if (base == PENG_PVTIME_NO_BASE)
		return PENG_RESUME;
	vcpu->pvtime.seen = delay_of(vcpu);
	if (!peng_mmu_write_guest(vcpu->vm, base, &none, sizeof(none)))
		call->ret[0] = base;
	return PENG_RESUME;
}

static bool is_memory(struct peng_vm *vm, u64 gpa)
{
	unsigned int hint = 0;
	bool found;
	int idx;

	idx = srcu_read_lock(&vm->srcu);
	found = peng_memslot_find(vm, gpa >> PAGE_SHIFT, &hint);
	srcu_read_unlock(&vm->srcu, idx);
	return found;
}

int peng_pvtime_has_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	if (attr->attr != KVM_ARM_VCPU_PVTIME_IPA || !peng_pvtime_supported())
		return -ENXIO;
	return 0;
}

int peng_pvtime_get_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int ret = peng_pvtime_has_attr(vcpu, attr);

	return ret ?: put_user(vcpu->pvtime.base, (u64 __user *)u64_to_user_ptr(attr->addr));
}

int peng_pvtime_set_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int ret = peng_pvtime_has_attr(vcpu, attr);
	u64 base;

	lockdep_assert_held(&vcpu->lock);

	if (ret)
		return ret;
	if (get_user(base, (u64 __user *)u64_to_user_ptr(attr->addr)))
		return -EFAULT;
	if (!IS_ALIGNED(base, SZ_64))
		return -EINVAL;
	if (vcpu->pvtime.base != PENG_PVTIME_NO_BASE)
		return -EEXIST;
	if (!is_memory(vcpu->vm, base))
		return -EINVAL;
	vcpu->pvtime.base = base;
	return 0;
}
