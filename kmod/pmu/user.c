// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vCPU attributes of the PMU: its interrupt, whose PMU it is, what it may count.
 * vcpu->lock is held, the vCPU is not loaded.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/kvm.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/perf/arm_pmu.h>
#include <linux/uaccess.h>

#include "../vcpu.h"
#include "../vgic/vgic.h"
#include "../vm.h"
#include "internal.h"

static bool is_ppi(int irq)
{
	return irq >= PENG_VGIC_NR_SGIS && irq < PENG_VGIC_NR_PRIVATE;
}

/* SPIs of any vGIC: whether this one has so many is known when it is initialised. */
static bool is_spi(int irq)
{
	return irq >= PENG_VGIC_NR_PRIVATE && irq < PENG_VGIC_NR_PRIVATE + PENG_VGIC_NR_PINS;
}

/* A PPI is the same for all vCPUs, an SPI for none. */
static bool irq_fits(struct peng_vm *vm, int irq)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm)
		if (vcpu->pmu.irq && (vcpu->pmu.irq == irq) != is_ppi(irq))
			return false;
	return true;
}

/* vm->lock held, which is what other vCPUs' numbers are read under. */
static int set_irq(struct peng_vcpu *vcpu, const void __user *uaddr)
{
	int irq;

	if (!peng_vgic_present(vcpu->vm))
		return -EINVAL;
	if (get_user(irq, (const int __user *)uaddr))
		return -EFAULT;
	if ((!is_ppi(irq) && !is_spi(irq)) || !irq_fits(vcpu->vm, irq))
		return -EINVAL;
	if (vcpu->pmu.irq)
		return -EBUSY;
	vcpu->pmu.irq = irq;
	return 0;
}

/* The first filter says what becomes of events that none names: the opposite. */
static int set_filter(struct peng_vcpu *vcpu, const void __user *uaddr)
{
	struct peng_vm *vm = vcpu->vm;
	unsigned int nr = peng_pmu_event_mask(vm->pmu.host->ver) + 1;
	struct kvm_pmu_event_filter filter;
	bool allow;

	if (copy_from_user(&filter, uaddr, sizeof(filter)))
		return -EFAULT;
	allow = filter.action == KVM_PMU_EVENT_ALLOW;
	if ((u32)filter.base_event + filter.nevents > nr ||
	    (!allow && filter.action != KVM_PMU_EVENT_DENY))
		return -EINVAL;
	if (vm->ran)
		return -EBUSY;
	if (!vm->pmu.filter) {
		/* Of the most that there can be: read_ceid() looks at all of them. */
		vm->pmu.filter = bitmap_alloc(U16_MAX + 1, GFP_KERNEL_ACCOUNT);
		if (!vm->pmu.filter)
			return -ENOMEM;
		if (allow)
			bitmap_zero(vm->pmu.filter, U16_MAX + 1);
		else
			bitmap_fill(vm->pmu.filter, U16_MAX + 1);
	}
	if (allow)
		bitmap_set(vm->pmu.filter, filter.base_event, filter.nevents);
	else
		bitmap_clear(vm->pmu.filter, filter.base_event, filter.nevents);
	return 0;
}

static int set_pmu(struct peng_vcpu *vcpu, const void __user *uaddr)
{
	struct peng_vm_pmu *pmu = &vcpu->vm->pmu;
	const struct peng_pmu_host *host;
	int type;

	if (get_user(type, (const int __user *)uaddr))
		return -EFAULT;
	host = peng_pmu_host_by_type(type);
	if (!host)
		return -ENXIO;
	/* The filter was made for the events of the one before. */
	if (vcpu->vm->ran || (pmu->filter && pmu->host != host))
		return -EBUSY;
	if (pmu->host != host)
		pmu->counters = host->counters;
	pmu->host = host;
	pmu->bound = true;
	return 0;
}

static int init(struct peng_vcpu *vcpu, const void __user *uaddr)
{
	struct peng_vm *vm = vcpu->vm;
	int ret;

	if (peng_vgic_present(vm)) {
		if (!peng_vgic_initialized(vm))
			return -ENODEV;
		if (!vcpu->pmu.irq)
			return -ENXIO;
		ret = peng_vgic_claim(vcpu, vcpu->pmu.irq);
		if (ret)
			return ret;
	}
	vcpu->pmu.created = true;
	return 0;
}

typedef int (*set_fn)(struct peng_vcpu *vcpu, const void __user *uaddr);

static const set_fn attrs[] = {
	[KVM_ARM_VCPU_PMU_V3_IRQ] = set_irq,
	[KVM_ARM_VCPU_PMU_V3_INIT] = init,
	[KVM_ARM_VCPU_PMU_V3_FILTER] = set_filter,
	[KVM_ARM_VCPU_PMU_V3_SET_PMU] = set_pmu,
};

static bool has_pmu(const struct peng_vcpu *vcpu)
{
	return vcpu->initialized && peng_vm_has_feature(vcpu->vm, PENG_FEATURE_PMU);
}

static set_fn find_attr(const struct kvm_device_attr *attr)
{
	return attr->attr < ARRAY_SIZE(attrs) ? attrs[attr->attr] : NULL;
}

int peng_pmu_has_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	return has_pmu(vcpu) && find_attr(attr) ? 0 : -ENXIO;
}

int peng_pmu_set_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	struct peng_vm *vm = vcpu->vm;
	set_fn set = find_attr(attr);
	int ret;

	if (!has_pmu(vcpu))
		return -ENODEV;
	if (vcpu->pmu.created)
		return -EBUSY;
	if (!set)
		return -ENXIO;
	mutex_lock(&vm->lock);
	ret = set(vcpu, u64_to_user_ptr(attr->addr));
	mutex_unlock(&vm->lock);
	return ret;
}

int peng_pmu_get_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	if (attr->attr != KVM_ARM_VCPU_PMU_V3_IRQ)
		return -ENXIO;
	if (!peng_vgic_present(vcpu->vm))
		return -EINVAL;
	if (!has_pmu(vcpu))
		return -ENODEV;
	if (!vcpu->pmu.irq)
		return -ENXIO;
	return put_user(vcpu->pmu.irq, (int __user *)u64_to_user_ptr(attr->addr));
}

/**
 * peng_pmu_first_run() - whether a vCPU's PMU is complete
 * @vcpu: vCPU
 *
 * Context: vm->lock held; timers and vGIC are complete.
 * Return: 0; -EINVAL where there is no interrupt, one that the vGIC does not have
 * or that a timer has, or one without a vGIC.
 */
int peng_pmu_first_run(struct peng_vcpu *vcpu)
{
	const struct peng_vm *vm = vcpu->vm;
	u32 irq = vcpu->pmu.irq;

	lockdep_assert_held(&vm->lock);

	if (!peng_vm_has_feature(vm, PENG_FEATURE_PMU))
		return 0;
	if (!vcpu->pmu.created || !!irq != peng_vgic_present(vm))
		return -EINVAL;
	if (irq && (irq >= peng_vgic_nr_irqs(vm) || irq == vm->timer.intid[PENG_VTIMER] ||
		    irq == vm->timer.intid[PENG_PTIMER]))
		return -EINVAL;
	vcpu->pmu.stale = true;
	return 0;
}
