// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers as user space sees them: registers by KVM_GET_ONE_REG, and the vCPU
 * attributes that choose their interrupts. vcpu->lock is held, the vCPU is not
 * loaded.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kvm.h>
#include <linux/uaccess.h>
#include <asm/arch_timer.h>

#include "../vcpu.h"
#include "../vm.h"
#include "internal.h"

#define CTL_WRITABLE	(ARCH_TIMER_CTRL_ENABLE | ARCH_TIMER_CTRL_IT_MASK)

/* ISTATUS is computed: the stored one is of the vCPU's last stay in the guest. */
static u64 read_ctl(const struct peng_vcpu *vcpu)
{
	const struct peng_timer_regs *regs = &vcpu->ctx.timer;
	u64 ctl = regs->cntv_ctl & CTL_WRITABLE;

	if (regs->cntv_cval <= peng_timer_count(vcpu->vm, PENG_VTIMER))
		ctl |= ARCH_TIMER_CTRL_IT_STAT;
	return ctl;
}

/**
 * peng_timer_get_reg() - KVM_GET_ONE_REG of a timer register
 * @vcpu: vCPU, not loaded
 * @id: register id; those of CVAL and CNT have each other's encodings, which is
 *	part of the ABI
 * @val: value
 *
 * Return: 0; -ENOENT where the id is no timer register.
 */
int peng_timer_get_reg(struct peng_vcpu *vcpu, u64 id, u64 *val)
{
	switch (id) {
	case KVM_REG_ARM_TIMER_CTL:
		*val = read_ctl(vcpu);
		return 0;
	case KVM_REG_ARM_TIMER_CVAL:
		*val = vcpu->ctx.timer.cntv_cval;
		return 0;
	case KVM_REG_ARM_TIMER_CNT:
		*val = peng_timer_count(vcpu->vm, PENG_VTIMER);
		return 0;
	default:
		return -ENOENT;
	}
}

/* A flush looks at timers that may fire: the line of one that may not falls now. */
static void set_ctl(struct peng_vcpu *vcpu, u64 val)
{
	struct peng_timer *timer = &vcpu->timers.timer[PENG_VTIMER];

	vcpu->ctx.timer.cntv_ctl = val & CTL_WRITABLE;
	if (!timer->level || vcpu->ctx.timer.cntv_ctl == ARCH_TIMER_CTRL_ENABLE)
		return;
	timer->level = false;
	peng_vgic_inject(vcpu->vm, vcpu, vcpu->vm->timer.intid[PENG_VTIMER], false);
}

/**
 * peng_timer_set_reg() - KVM_SET_ONE_REG of a timer register
 * @vcpu: vCPU, not loaded
 * @id: register id
 * @val: value
 *
 * The virtual counter is one for the whole VM, and so is setting it; a vCPU
 * that is loaded elsewhere takes it up when it is loaded next. It is not set
 * where both counters have been given one offset.
 *
 * Return: 0; -ENOENT where the id is no timer register.
 */
int peng_timer_set_reg(struct peng_vcpu *vcpu, u64 id, u64 val)
{
	switch (id) {
	case KVM_REG_ARM_TIMER_CTL:
		set_ctl(vcpu, val);
		return 0;
	case KVM_REG_ARM_TIMER_CVAL:
		vcpu->ctx.timer.cntv_cval = val;
		return 0;
	case KVM_REG_ARM_TIMER_CNT:
		if (!vcpu->vm->timer.offset_given)
			WRITE_ONCE(vcpu->vm->timer.cntvoff,
				   peng_timer_count(vcpu->vm, PENG_PTIMER) - val);
		return 0;
	default:
		return -ENOENT;
	}
}

/* No CPU's physical timer counts with an offset: from now on it is in memory. */
static void leave_ptimer(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	vm->timer.ptimer_trapped = true;
	peng_vm_for_each_vcpu(i, vcpu, vm)
		peng_vgic_unlink(vcpu, vm->timer.intid[PENG_PTIMER]);
}

/**
 * peng_timer_set_offset() - KVM_ARM_SET_COUNTER_OFFSET
 * @vm: VM, vm->lock held
 * @offset: subtracted from the host's physical counter for both of the guest's
 *
 * Return: 0; -EBUSY while a vCPU is in an ioctl.
 */
int peng_timer_set_offset(struct peng_vm *vm, u64 offset)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	ret = peng_vm_trylock_vcpus(vm);
	if (ret)
		return ret;
	WRITE_ONCE(vm->timer.cntvoff, offset);
	WRITE_ONCE(vm->timer.cntpoff, offset);
	vm->timer.offset_given = true;
	if (offset && !vm->timer.ptimer_trapped)
		leave_ptimer(vm);
	peng_vm_unlock_vcpus(vm);
	return 0;
}

/* Index of the timer that an attribute is about, or -ENXIO. */
static int attr_timer(const struct kvm_device_attr *attr)
{
	if (attr->group != KVM_ARM_VCPU_TIMER_CTRL)
		return -ENXIO;
	switch (attr->attr) {
	case KVM_ARM_VCPU_TIMER_IRQ_VTIMER:
		return PENG_VTIMER;
	case KVM_ARM_VCPU_TIMER_IRQ_PTIMER:
		return PENG_PTIMER;
	default:
		return -ENXIO;
	}
}

int peng_timer_has_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int timer = attr_timer(attr);

	return timer < 0 ? timer : 0;
}

/* One number for the whole VM: KVM too gives it to all vCPUs that exist. */
int peng_timer_set_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	struct peng_vm *vm = vcpu->vm;
	int timer = attr_timer(attr);
	int intid, ret = 0;

	if (timer < 0)
		return timer;
	if (!peng_vgic_present(vm))
		return -EINVAL;
	if (get_user(intid, (int __user *)u64_to_user_ptr(attr->addr)))
		return -EFAULT;
	if (intid < PENG_VGIC_NR_SGIS || intid >= PENG_VGIC_NR_PRIVATE)
		return -EINVAL;

	mutex_lock(&vm->lock);
	if (vm->timer.linked)
		ret = -EBUSY;
	else
		WRITE_ONCE(vm->timer.intid[timer], intid);
	mutex_unlock(&vm->lock);
	return ret;
}

int peng_timer_get_attr(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int timer = attr_timer(attr);

	if (timer < 0)
		return timer;
	return put_user((int)READ_ONCE(vcpu->vm->timer.intid[timer]),
			(int __user *)u64_to_user_ptr(attr->addr));
}
