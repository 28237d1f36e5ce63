// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM life, the VM file descriptor, and its ioctl rows. Lock: vm->lock for
 * configuration; see vm.h for references.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "cap.h"
#include "host/probe.h"
#include "ioctl.h"
#include "limit.h"
#include "mmu/mmu.h"
#include "quota.h"
#include "vcpu.h"
#include "vm.h"

/* IPA bits of machine type 0, and the fewest that can be asked for. */
#define DEFAULT_IPA_BITS	40
#define MIN_IPA_BITS		32

/* Almost every client numbers its vCPUs in the order of creation. */
struct peng_vcpu *peng_vm_vcpu_by_id(struct peng_vm *vm, unsigned int id)
{
	struct peng_vcpu *vcpu = peng_vm_vcpu(vm, id);
	unsigned int i;

	if (vcpu && vcpu->id == id)
		return vcpu;
	peng_vm_for_each_vcpu(i, vcpu, vm)
		if (vcpu->id == id)
			return vcpu;
	return NULL;
}

static bool has_mpidr(const struct peng_vcpu *vcpu, u64 mpidr)
{
	return vcpu && (vcpu->ctx.sys[PENG_MPIDR_EL1] & MPIDR_HWID_BITMASK) == mpidr;
}

/*
 * On the way of every IPI: try the vCPU that has this affinity at reset, where
 * user space has numbered them in order and changed nothing.
 */
struct peng_vcpu *peng_vm_vcpu_by_mpidr(struct peng_vm *vm, u64 mpidr)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	mpidr &= MPIDR_HWID_BITMASK;
	vcpu = peng_vm_vcpu(vm, MPIDR_AFFINITY_LEVEL(mpidr, 2) << 12 |
				MPIDR_AFFINITY_LEVEL(mpidr, 1) << 4 |
				MPIDR_AFFINITY_LEVEL(mpidr, 0));
	if (has_mpidr(vcpu, mpidr))
		return vcpu;
	peng_vm_for_each_vcpu(i, vcpu, vm)
		if (has_mpidr(vcpu, mpidr))
			return vcpu;
	return NULL;
}

/*
 * Nobody takes several vCPUs' locks but under the VM's: for lockdep, which has
 * room for 48 locks of a task and not for 512, all of them are one.
 */
static bool trylock_vcpu(struct peng_vm *vm, struct peng_vcpu *vcpu)
{
	if (!mutex_trylock(&vcpu->lock))
		return false;
	mutex_release(&vcpu->lock.dep_map, _RET_IP_);
	mutex_acquire_nest(&vcpu->lock.dep_map, 0, 1, &vm->lock.dep_map, _RET_IP_);
	return true;
}

int peng_vm_trylock_vcpus(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	lockdep_assert_held(&vm->lock);

	peng_vm_for_each_vcpu(i, vcpu, vm) {
		if (trylock_vcpu(vm, vcpu))
			continue;
		while (i--)
			mutex_unlock(&peng_vm_vcpu(vm, i)->lock);
		return -EBUSY;
	}
	return 0;
}

void peng_vm_unlock_vcpus(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm)
		mutex_unlock(&vcpu->lock);
}

void peng_vm_fail(struct peng_vm *vm)
{
	WRITE_ONCE(vm->dead, true);
	peng_request_all(vm, PENG_REQ_VM_DEAD);
}

/*
 * The request has been made and the kick sent: a vCPU that is still in the guest
 * is in a turn, which nothing prolongs and no scheduler interrupts.
 */
static void wait_outside_guest(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_vm_for_each_vcpu(i, vcpu, vm) {
		while (READ_ONCE(vcpu->mode) == PENG_IN_GUEST) {
			cpu_relax();
			cond_resched();
		}
	}
}

/**
 * peng_vm_pause() - hold all vCPUs outside the guest
 * @vm: VM, of which the caller holds a reference
 *
 * Their threads wait in KVM_RUN, or in the next one; all other ioctls go on as
 * before. A VM that is paused already stays so.
 *
 * Context: sleeps; takes vm->lock.
 * Return: 0, and no vCPU executes anything of the guest; -EIO where the VM is dead.
 */
int peng_vm_pause(struct peng_vm *vm)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	if (READ_ONCE(vm->dead)) {
		ret = -EIO;
	} else if (!vm->paused) {
		WRITE_ONCE(vm->paused, true);
		peng_request_all(vm, PENG_REQ_PAUSE);
		wait_outside_guest(vm);
		peng_registry_tell(vm, PENG_VM_PAUSED);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/**
 * peng_vm_resume() - the opposite of peng_vm_pause()
 * @vm: VM, of which the caller holds a reference
 *
 * Context: sleeps; takes vm->lock.
 * Return: 0, also where the VM was not paused; -EIO where it is dead.
 */
int peng_vm_resume(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;
	int ret = 0;

	mutex_lock(&vm->lock);
	if (READ_ONCE(vm->dead)) {
		ret = -EIO;
	} else if (vm->paused) {
		peng_registry_tell(vm, PENG_VM_RESUMED);
		WRITE_ONCE(vm->paused, false);
		peng_vm_for_each_vcpu(i, vcpu, vm)
			peng_vcpu_wake(vcpu);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/**
 * peng_vm_kill() - end a VM from outside
 * @vm: VM, of which the caller holds a reference
 *
 * Its process lives on, and hears of it by -EIO from every ioctl. What the VM has
 * is freed when its descriptors are closed.
 *
 * Context: sleeps; takes vm->lock.
 * Return: 0, and no vCPU executes anything of the guest; also where it was dead.
 */
int peng_vm_kill(struct peng_vm *vm)
{
	mutex_lock(&vm->lock);
	if (!READ_ONCE(vm->dead)) {
		WRITE_ONCE(vm->killed, true);
		peng_vm_fail(vm);
		wait_outside_guest(vm);
		peng_registry_tell(vm, PENG_VM_KILLED);
	}
	mutex_unlock(&vm->lock);
	return 0;
}

void peng_vm_get(struct peng_vm *vm)
{
	refcount_inc(&vm->refs);
}

/*
 * The registry still lists a VM while its last reference goes; the registry's
 * lock keeps the struct for as long as this takes.
 */
bool peng_vm_tryget(struct peng_vm *vm)
{
	return refcount_inc_not_zero(&vm->refs);
}

static void vm_destroy(struct peng_vm *vm)
{
	struct peng_vcpu *vcpu;
	unsigned int i;

	peng_registry_remove(vm);
	peng_limit_vm_destroy(vm);
	peng_mmu_destroy(vm);
	peng_vm_for_each_vcpu(i, vcpu, vm)
		peng_vcpu_free(vcpu);
	peng_device_destroy_all(vm);
	peng_vgic_vm_destroy(vm);
	peng_pmu_vm_destroy(vm);
	peng_irqfd_destroy(vm);
	peng_coalesced_destroy(vm);
	peng_bus_destroy(vm);
	peng_smccc_vm_destroy(vm);
	cleanup_srcu_struct(&vm->srcu);
	/* Who hears of the end finds room for another. */
	peng_quota_give_vm(vm->account);
	peng_registry_destroy(vm);
	mmdrop(vm->mm);
	kfree(vm);
}

void peng_vm_put(struct peng_vm *vm)
{
	if (refcount_dec_and_test(&vm->refs))
		vm_destroy(vm);
}

static long vm_check_extension(const struct peng_ioctl_target *t, void *arg)
{
	return peng_cap_check(t->vm, *(unsigned long *)arg);
}

static long vm_enable_cap(const struct peng_ioctl_target *t, void *arg)
{
	return peng_cap_enable(t->vm, arg);
}

static long vm_create_vcpu(const struct peng_ioctl_target *t, void *arg)
{
	unsigned long id = *(unsigned long *)arg;

	return id > U32_MAX ? -EINVAL : peng_vcpu_create(t->vm, id);
}

static long vm_set_memory(const struct peng_ioctl_target *t, void *arg)
{
	return peng_memslot_set(t->vm, arg);
}

static long vm_preferred_target(const struct peng_ioctl_target *t, void *arg)
{
	struct kvm_vcpu_init *init = arg;

	init->target = KVM_ARM_TARGET_GENERIC_V8;
	return 0;
}

static long vm_create_device(const struct peng_ioctl_target *t, void *arg)
{
	return peng_device_create(t->vm, arg);
}

static long vm_get_dirty_log(const struct peng_ioctl_target *t, void *arg)
{
	return peng_dirty_get_log(t->vm, arg);
}

static long vm_clear_dirty_log(const struct peng_ioctl_target *t, void *arg)
{
	return peng_dirty_clear_log(t->vm, arg);
}

static long vm_get_stats_fd(const struct peng_ioctl_target *t, void *arg)
{
	return peng_stats_open(t->vm, NULL);
}

static long vm_irqfd(const struct peng_ioctl_target *t, void *arg)
{
	return peng_irqfd_set(t->vm, arg);
}

static long vm_ioeventfd(const struct peng_ioctl_target *t, void *arg)
{
	return peng_ioeventfd_set(t->vm, arg);
}

static long vm_register_coalesced(const struct peng_ioctl_target *t, void *arg)
{
	return peng_coalesced_add(t->vm, arg);
}

static long vm_unregister_coalesced(const struct peng_ioctl_target *t, void *arg)
{
	return peng_coalesced_remove(t->vm, arg);
}

/* The vCPU index of KVM_IRQ_LINE is split over two fields of the ABI. */
static struct peng_vcpu *irq_line_vcpu(struct peng_vm *vm, u32 irq)
{
	unsigned int idx;

	idx = (irq >> KVM_ARM_IRQ_VCPU_SHIFT) & KVM_ARM_IRQ_VCPU_MASK;
	idx += ((irq >> KVM_ARM_IRQ_VCPU2_SHIFT) & KVM_ARM_IRQ_VCPU2_MASK) *
	       (KVM_ARM_IRQ_VCPU_MASK + 1);
	return idx < peng_vm_nr_vcpus(vm) ? peng_vm_vcpu(vm, idx) : NULL;
}

/* KVM API 4.25; interrupts go through the vGIC only. */
static long vm_irq_line(const struct peng_ioctl_target *t, void *arg)
{
	const struct kvm_irq_level *line = arg;
	u32 type = (line->irq >> KVM_ARM_IRQ_TYPE_SHIFT) & KVM_ARM_IRQ_TYPE_MASK;
	u32 num = (line->irq >> KVM_ARM_IRQ_NUM_SHIFT) & KVM_ARM_IRQ_NUM_MASK;
	struct peng_vcpu *vcpu;

	if (type == KVM_ARM_IRQ_TYPE_CPU)
		return -ENXIO;
	if (type != KVM_ARM_IRQ_TYPE_PPI && type != KVM_ARM_IRQ_TYPE_SPI)
		return -EINVAL;
	if (!peng_vgic_present(t->vm))
		return -ENXIO;

	if (type == KVM_ARM_IRQ_TYPE_SPI)
		return num < 32 ? -EINVAL : peng_vgic_inject(t->vm, NULL, num, line->level);

	vcpu = irq_line_vcpu(t->vm, line->irq);
	if (!vcpu || num < 16 || num > 31)
		return -EINVAL;
	return peng_vgic_inject(t->vm, vcpu, num, line->level);
}

static long vm_set_gsi_routing(const struct peng_ioctl_target *t, void *arg)
{
	return peng_route_set(t->vm, (struct kvm_irq_routing __user *)arg);
}

static long vm_signal_msi(const struct peng_ioctl_target *t, void *arg)
{
	return peng_route_signal_msi(t->vm, arg);
}

/* KVM API 4.85 is about the GICv2 only, which no VM of peng has. */
static long vm_set_device_addr(const struct peng_ioctl_target *t, void *arg)
{
	return -ENODEV;
}

#ifdef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
/* KVM does not look at the argument, and QEMU gives none. */
static long vm_reset_rings(const struct peng_ioctl_target *t, void *arg)
{
	return peng_ring_take_all(t->vm);
}
#endif

#ifdef COMPAT_MTE
static long vm_copy_tags(const struct peng_ioctl_target *t, void *arg)
{
	return peng_mte_copy_tags(t->vm, arg);
}
#endif

#ifdef KVM_ARM_GET_REG_WRITABLE_MASKS
static long vm_writable_masks(const struct peng_ioctl_target *t, void *arg)
{
	return peng_sysreg_writable_masks(arg);
}
#endif

#ifdef KVM_CAP_COUNTER_OFFSET
static long vm_set_counter_offset(const struct peng_ioctl_target *t, void *arg)
{
	const struct kvm_arm_counter_offset *args = arg;

	return args->reserved ? -EINVAL : peng_timer_set_offset(t->vm, args->counter_offset);
}
#endif

#ifdef KVM_ARM_VM_SMCCC_CTRL
static long vm_has_attr(const struct peng_ioctl_target *t, void *arg)
{
	return peng_filter_has_attr(arg);
}

static long vm_set_attr(const struct peng_ioctl_target *t, void *arg)
{
	return peng_filter_set_attr(t->vm, arg);
}
#endif

static const struct peng_ioctl_row vm_rows[] = {
	{ KVM_CHECK_EXTENSION,		PENG_ARG_VALUE,	0,			vm_check_extension },
	{ KVM_ENABLE_CAP,		PENG_ARG_IN,	PENG_IOCTL_VM_LOCK,	vm_enable_cap },
	{ KVM_CREATE_VCPU,		PENG_ARG_VALUE,	PENG_IOCTL_VM_LOCK,	vm_create_vcpu },
	{ KVM_SET_USER_MEMORY_REGION,	PENG_ARG_IN,	0,			vm_set_memory },
	{ KVM_GET_DIRTY_LOG,		PENG_ARG_IN,	0,			vm_get_dirty_log },
	{ KVM_CLEAR_DIRTY_LOG,		PENG_ARG_IN,	0,			vm_clear_dirty_log },
	{ KVM_ARM_PREFERRED_TARGET,	PENG_ARG_OUT,	0,			vm_preferred_target },
	{ KVM_CREATE_DEVICE,		PENG_ARG_INOUT,	PENG_IOCTL_VM_LOCK,	vm_create_device },
	{ KVM_SET_GSI_ROUTING,		PENG_ARG_RAW,	0,			vm_set_gsi_routing },
	{ KVM_SIGNAL_MSI,		PENG_ARG_IN,	0,			vm_signal_msi },
	{ KVM_ARM_SET_DEVICE_ADDR,	PENG_ARG_IN,	0,			vm_set_device_addr },
	{ KVM_REGISTER_COALESCED_MMIO,	PENG_ARG_IN,	0,			vm_register_coalesced },
	{ KVM_UNREGISTER_COALESCED_MMIO, PENG_ARG_IN,	0,			vm_unregister_coalesced },
	{ KVM_GET_STATS_FD,		PENG_ARG_VALUE,	0,			vm_get_stats_fd },
	{ KVM_IRQFD,			PENG_ARG_IN,	0,			vm_irqfd },
	{ KVM_IOEVENTFD,		PENG_ARG_IN,	0,			vm_ioeventfd },
	{ KVM_IRQ_LINE,			PENG_ARG_IN,	0,			vm_irq_line },
#ifdef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
	{ KVM_RESET_DIRTY_RINGS,	PENG_ARG_VALUE,	0,			vm_reset_rings },
#endif
#ifdef COMPAT_MTE
	{ KVM_ARM_MTE_COPY_TAGS,	PENG_ARG_IN,	0,			vm_copy_tags },
#endif
#ifdef KVM_ARM_GET_REG_WRITABLE_MASKS
	{ KVM_ARM_GET_REG_WRITABLE_MASKS, PENG_ARG_IN,	0,	vm_writable_masks },
#endif
#ifdef KVM_CAP_COUNTER_OFFSET
	{ KVM_ARM_SET_COUNTER_OFFSET,	PENG_ARG_IN,	PENG_IOCTL_VM_LOCK,	vm_set_counter_offset },
#endif
#ifdef KVM_ARM_VM_SMCCC_CTRL
	{ KVM_HAS_DEVICE_ATTR,		PENG_ARG_IN,	0,			vm_has_attr },
	{ KVM_SET_DEVICE_ATTR,		PENG_ARG_IN,	0,			vm_set_attr },
#endif
};

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct peng_vm *vm = file->private_data;
	const struct peng_ioctl_target target = { .vm = vm };

	if (vm->mm != current->mm || READ_ONCE(vm->dead))
		return -EIO;
	return peng_ioctl_run(vm_rows, ARRAY_SIZE(vm_rows), &target, cmd, arg);
}

static int vm_release(struct inode *inode, struct file *file)
{
	struct peng_vm *vm = file->private_data;

	/* irqfds end with the VM's descriptor, even if vCPUs outlive it. */
	peng_irqfd_release(vm);
	peng_vm_put(vm);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vm_ioctl,
	.release = vm_release,
	.llseek = noop_llseek,
};

static struct peng_vm *vm_alloc(unsigned int ipa_bits)
{
	struct peng_vm *vm;
	int ret;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	refcount_set(&vm->refs, 1);
	mutex_init(&vm->lock);
	INIT_LIST_HEAD(&vm->devices);
	peng_limit_vm_init(vm);
	vm->account = peng_quota_take_vm(current_euid());
	if (IS_ERR(vm->account)) {
		ret = PTR_ERR(vm->account);
		goto free_vm;
	}
	vm->mm = current->mm;
	mmgrab(vm->mm);

	ret = init_srcu_struct(&vm->srcu);
	if (ret)
		goto drop_mm;
	ret = peng_coalesced_init(vm);
	if (ret)
		goto cleanup_srcu;
	peng_bus_init(vm);
	peng_irqfd_init(vm);
	peng_vgic_vm_init(vm);
	peng_timer_vm_init(vm);
	peng_smccc_vm_init(vm);
	peng_sysreg_vm_init(vm);
	/* Last: from here on the notifier may call. */
	ret = peng_mmu_init(vm, ipa_bits);
	if (ret)
		goto destroy_parts;
	return vm;

destroy_parts:
	peng_vgic_vm_destroy(vm);
	peng_irqfd_destroy(vm);
	peng_bus_destroy(vm);
	peng_coalesced_destroy(vm);
cleanup_srcu:
	cleanup_srcu_struct(&vm->srcu);
drop_mm:
	mmdrop(vm->mm);
	peng_quota_give_vm(vm->account);
free_vm:
	kfree(vm);
	return ERR_PTR(ret);
}

/**
 * peng_vm_create() - KVM_CREATE_VM
 * @type: machine type: IPA bits in the low byte, 0 for 40
 *
 * Return: file descriptor; -EINVAL for a type that the host cannot give; -EDQUOT or
 * -ENOSPC where the user or the host has as many VMs as it may.
 */
long peng_vm_create(unsigned long type)
{
	unsigned int ipa_bits = KVM_VM_TYPE_ARM_IPA_SIZE(type);
	struct peng_vm *vm;
	int ret;

	if (type & ~KVM_VM_TYPE_ARM_IPA_SIZE_MASK)
		return -EINVAL;
	if (!ipa_bits)
		ipa_bits = DEFAULT_IPA_BITS;
	if (ipa_bits < MIN_IPA_BITS || ipa_bits > peng_host.ipa_bits)
		return -EINVAL;

	vm = vm_alloc(ipa_bits);
	if (IS_ERR(vm))
		return PTR_ERR(vm);

	ret = peng_registry_add(vm);
	if (!ret)
		ret = anon_inode_getfd("peng-vm", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		peng_vm_put(vm);
	return ret;
}
