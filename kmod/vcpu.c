// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPU life, its file descriptor, and where its state is: in memory or in a
 * CPU. Lock: vcpu->lock, taken by the ioctl runner.
 */
#include <linux/anon_inodes.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/kvm_arm.h>

#include "fp/fp.h"
#include "host/probe.h"
#include "host/spectre.h"
#include "inject.h"
#include "ioctl.h"
#include "limit.h"
#include "mmu/mmu.h"
#include "onereg.h"
#include "quota.h"
#include "vcpu.h"

static void load_state(struct peng_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->cpu, smp_processor_id());
	WRITE_ONCE(vcpu->last_cpu, vcpu->cpu);
	peng_limit_vcpu_load(vcpu);
	peng_mmu_vcpu_load(vcpu);
	peng_timer_vcpu_load(vcpu);
	peng_el2->vcpu_load(&vcpu->ctx);
}

static void put_state(struct peng_vcpu *vcpu)
{
	peng_el2->vcpu_put(&vcpu->ctx);
	peng_timer_vcpu_put(vcpu);
	peng_mmu_vcpu_put(vcpu);
	peng_limit_vcpu_put(vcpu);
	WRITE_ONCE(vcpu->cpu, -1);
	/* The next thread or CPU decides anew whether the guest needs FP. */
	vcpu->fp_wanted = false;
}

#ifdef CONFIG_PREEMPT_NOTIFIERS
static void sched_in(struct preempt_notifier *pn, int cpu)
{
	load_state(container_of(pn, struct peng_vcpu, preempt));
}

static void sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	put_state(container_of(pn, struct peng_vcpu, preempt));
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

void peng_vcpu_load(struct peng_vcpu *vcpu)
{
	preempt_disable();
	preempt_notifier_register(&vcpu->preempt);
	load_state(vcpu);
	preempt_enable();
}

void peng_vcpu_put(struct peng_vcpu *vcpu)
{
	preempt_disable();
	put_state(vcpu);
	preempt_notifier_unregister(&vcpu->preempt);
	preempt_enable();
}

static void init_preempt(struct peng_vcpu *vcpu)
{
	preempt_notifier_init(&vcpu->preempt, &preempt_ops);
}

/**
 * peng_vcpu_module_init() - at load: have the scheduler call preempt notifiers
 *
 * This changes the scheduler's code while all CPUs run it. Once is enough: a
 * notifier list that is empty costs a task switch next to nothing, and VMs that
 * come and go should not change it again and again. (Besides, an emulated CPU
 * may go on executing code that another changed while it was being translated;
 * QEMU 7.2 does. A thread whose notifier is left out runs the guest with
 * registers that are not the guest's, or goes on with some that are.)
 */
int peng_vcpu_module_init(void)
{
	preempt_notifier_inc();
	return 0;
}

/**
 * peng_vcpu_module_exit() - at unload; no vCPU exists
 */
void peng_vcpu_module_exit(void)
{
	preempt_notifier_dec();
}
#else
void peng_vcpu_load(struct peng_vcpu *vcpu)
{
}

void peng_vcpu_put(struct peng_vcpu *vcpu)
{
}

void peng_vcpu_load_turn(struct peng_vcpu *vcpu)
{
	load_state(vcpu);
}

void peng_vcpu_put_turn(struct peng_vcpu *vcpu)
{
	put_state(vcpu);
}

static void init_preempt(struct peng_vcpu *vcpu)
{
}

int peng_vcpu_module_init(void)
{
	return 0;
}

void peng_vcpu_module_exit(void)
{
}
#endif

/*
 * No preemption guard: where the thread is scheduled away in the middle, the
 * notifier has the state loaded again before the thread goes on.
 */
u64 peng_vcpu_sys_read(struct peng_vcpu *vcpu, enum peng_sys reg)
{
	return vcpu->cpu < 0 ? vcpu->ctx.sys[reg] : peng_el2->sys_read(&vcpu->ctx, reg);
}

void peng_vcpu_sys_write(struct peng_vcpu *vcpu, enum peng_sys reg, u64 val)
{
	if (vcpu->cpu < 0)
		vcpu->ctx.sys[reg] = val;
	else
		peng_el2->sys_write(&vcpu->ctx, reg, val);
}

/**
 * peng_vcpu_reset() - architectural reset
 * @vcpu: vCPU, not loaded
 *
 * EL1h with everything masked and MMU and caches off, as the boot protocol of
 * KVM and of Linux has it (Documentation/arm64/booting.rst).
 */
void peng_vcpu_reset(struct peng_vcpu *vcpu)
{
	struct peng_context *ctx = &vcpu->ctx;

	memset(&ctx->regs, 0, sizeof(ctx->regs));
	memset(&ctx->fp, 0, sizeof(ctx->fp));
	ctx->regs.pstate = PSR_MODE_EL1h | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT | PSR_D_BIT;
	ctx->bhb_loops = peng_host.bhb_loops;
	ctx->exit_call = peng_spectre.exit_call;
	vcpu->mmio.pending = false;

	peng_sve_vcpu_reset(vcpu);
	peng_sysreg_vcpu_reset(vcpu);
	peng_debug_vcpu_reset(vcpu);
	peng_smccc_vcpu_reset(vcpu);
	peng_timer_vcpu_reset(vcpu);
	peng_pmu_vcpu_reset(vcpu);
	peng_vgic_vcpu_reset(vcpu);
}

/**
 * peng_vcpu_apply_reset() - start as PSCI CPU_ON asked (DEN0022 5.6), if it did
 * @vcpu: vCPU, not loaded; vcpu->lock held
 *
 * The vCPU that calls CPU_ON only leaves the request: these registers belong to
 * whoever holds the target's lock. User space that looks at them before the
 * target has run must find it reset.
 */
void peng_vcpu_apply_reset(struct peng_vcpu *vcpu)
{
	struct peng_vcpu_reset reset;

	lockdep_assert_held(&vcpu->lock);

	if (!peng_request_test_clear(vcpu, PENG_REQ_RESET))
		return;

	spin_lock(&vcpu->power_lock);
	reset = vcpu->reset;
	spin_unlock(&vcpu->power_lock);

	peng_vcpu_reset(vcpu);
	vcpu->ctx.regs.pc = reset.pc;
	vcpu->ctx.regs.regs[0] = reset.context_id;
	if (reset.be)
		vcpu->ctx.sys[PENG_SCTLR_EL1] |= SCTLR_ELx_EE;
}

void peng_vcpu_power_off(struct peng_vcpu *vcpu)
{
	lockdep_assert_held(&vcpu->power_lock);
	WRITE_ONCE(vcpu->mp_state, KVM_MP_STATE_STOPPED);
	peng_request_make(vcpu, PENG_REQ_SLEEP);
	peng_vcpu_kick(vcpu);
}

/* The first vCPU that is initialised decides for all of the VM. */
static int agree_on_features(struct peng_vm *vm, unsigned long asked)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	if (!vm->features_fixed) {
		vm->features |= asked;
		peng_sysreg_vm_fix(vm);
		peng_pmu_vm_fix(vm);
		vm->features_fixed = true;
	} else if (!peng_feature_init_agrees(vm->features, asked)) {
		ret = -EINVAL;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/* -ENOENT for what KVM has no name for, -EINVAL for what cannot be given. */
static int check_init(struct peng_vcpu *vcpu, const struct kvm_vcpu_init *init)
{
	unsigned long asked;
	size_t i;
	int ret;

	if (init->target != KVM_ARM_TARGET_GENERIC_V8)
		return -EINVAL;
	for (i = 1; i < ARRAY_SIZE(init->features); i++)
		if (init->features[i])
			return -ENOENT;
	if (init->features[0] >> (KVM_ARM_VCPU_PTRAUTH_GENERIC + 1))
		return -ENOENT;
	ret = peng_feature_from_init(init->features[0], &asked);
	if (ret)
		return ret;
	/* What the guest was promised at first cannot change under it. */
	if (vcpu->initialized &&
	    (init->features[0] ^ vcpu->features) & ~BIT(KVM_ARM_VCPU_POWER_OFF))
		return -EINVAL;
	return agree_on_features(vcpu->vm, asked);
}

static long vcpu_init(const struct peng_ioctl_target *t, void *arg)
{
	const struct kvm_vcpu_init *init = arg;
	struct peng_vcpu *vcpu = t->vcpu;
	int ret;

	ret = check_init(vcpu, init);
	if (ret)
		return ret;

	vcpu->features = init->features[0];
	/* A CPU_ON that came before is overtaken. */
	peng_request_test_clear(vcpu, PENG_REQ_RESET);
	peng_vcpu_reset(vcpu);
	if (vcpu->ran)
		peng_mmu_vcpu_reset(vcpu);
	vcpu->initialized = true;

	spin_lock(&vcpu->power_lock);
	if (peng_vcpu_has_feature(vcpu, KVM_ARM_VCPU_POWER_OFF))
		peng_vcpu_power_off(vcpu);
	else
		WRITE_ONCE(vcpu->mp_state, KVM_MP_STATE_RUNNABLE);
	spin_unlock(&vcpu->power_lock);
	return 0;
}

/* What a feature needs besides KVM_ARM_VCPU_INIT; only SVE needs anything. */
static long vcpu_finalize(const struct peng_ioctl_target *t, void *arg)
{
	const int *feature = arg;

	return *feature == KVM_ARM_VCPU_SVE ? peng_sve_vcpu_finalize(t->vcpu) : -EINVAL;
}

static long vcpu_run(const struct peng_ioctl_target *t, void *arg)
{
	return peng_vcpu_run(t->vcpu);
}

static long get_one_reg(const struct peng_ioctl_target *t, void *arg)
{
	return peng_onereg_get(t->vcpu, arg);
}

static long set_one_reg(const struct peng_ioctl_target *t, void *arg)
{
	return peng_onereg_set(t->vcpu, arg);
}

static long get_reg_list(const struct peng_ioctl_target *t, void *arg)
{
	return peng_onereg_list(t->vcpu, (struct kvm_reg_list __user *)arg);
}

static long get_mp_state(const struct peng_ioctl_target *t, void *arg)
{
	struct kvm_mp_state *state = arg;

	state->mp_state = READ_ONCE(t->vcpu->mp_state);
	return 0;
}

static long set_mp_state(const struct peng_ioctl_target *t, void *arg)
{
	const struct kvm_mp_state *state = arg;
	struct peng_vcpu *vcpu = t->vcpu;
	long ret = 0;

	spin_lock(&vcpu->power_lock);
	switch (state->mp_state) {
	case KVM_MP_STATE_RUNNABLE:
		WRITE_ONCE(vcpu->mp_state, KVM_MP_STATE_RUNNABLE);
		break;
	case KVM_MP_STATE_STOPPED:
		peng_vcpu_power_off(vcpu);
		break;
	case KVM_MP_STATE_SUSPENDED:
		WRITE_ONCE(vcpu->mp_state, KVM_MP_STATE_SUSPENDED);
		break;
	default:
		ret = -EINVAL;
	}
	spin_unlock(&vcpu->power_lock);
	return ret;
}

static long set_signal_mask(const struct peng_ioctl_target *t, void *arg)
{
	struct kvm_signal_mask __user *umask = (struct kvm_signal_mask __user *)arg;
	struct peng_vcpu *vcpu = t->vcpu;
	struct kvm_signal_mask mask;

	if (!umask) {
		vcpu->sigmask_active = false;
		return 0;
	}
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	if (mask.len != sizeof(vcpu->sigmask))
		return -EINVAL;
	if (copy_from_user(&vcpu->sigmask, umask->sigset, sizeof(vcpu->sigmask)))
		return -EFAULT;
	sigdelsetmask(&vcpu->sigmask, sigmask(SIGKILL) | sigmask(SIGSTOP));
	vcpu->sigmask_active = true;
	return 0;
}

typedef int (*attr_fn)(struct peng_vcpu *vcpu, const struct kvm_device_attr *attr);

/**
 * struct attr_row - a group of vCPU attributes
 * @group: KVM_ARM_VCPU_*_CTRL
 * @has: KVM_HAS_DEVICE_ATTR
 * @get: KVM_GET_DEVICE_ATTR
 * @set: KVM_SET_DEVICE_ATTR
 */
struct attr_row {
	u32 group;
	attr_fn has, get, set;
};

#define ATTRS(_group, _name) {							\
	.group = (_group),							\
	.has = peng_##_name##_has_attr,						\
	.get = peng_##_name##_get_attr,						\
	.set = peng_##_name##_set_attr,						\
}

static const struct attr_row attr_rows[] = {
	ATTRS(KVM_ARM_VCPU_PMU_V3_CTRL, pmu),
	ATTRS(KVM_ARM_VCPU_TIMER_CTRL, timer),
	ATTRS(KVM_ARM_VCPU_PVTIME_CTRL, pvtime),
};

static const struct attr_row *find_attr(const struct kvm_device_attr *attr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attr_rows); i++)
		if (attr_rows[i].group == attr->group)
			return &attr_rows[i];
	return NULL;
}

static long has_attr(const struct peng_ioctl_target *t, void *arg)
{
	const struct attr_row *row = find_attr(arg);

	return row ? row->has(t->vcpu, arg) : -ENXIO;
}

static long get_attr(const struct peng_ioctl_target *t, void *arg)
{
	const struct attr_row *row = find_attr(arg);

	return row ? row->get(t->vcpu, arg) : -ENXIO;
}

static long set_attr(const struct peng_ioctl_target *t, void *arg)
{
	const struct attr_row *row = find_attr(arg);

	return row ? row->set(t->vcpu, arg) : -ENXIO;
}

static long set_guest_debug(const struct peng_ioctl_target *t, void *arg)
{
	return peng_debug_set(t->vcpu, arg);
}

static long get_stats_fd(const struct peng_ioctl_target *t, void *arg)
{
	return peng_stats_open(t->vm, t->vcpu);
}

static long get_events(const struct peng_ioctl_target *t, void *arg)
{
	peng_vcpu_apply_reset(t->vcpu);
	peng_inject_get_events(t->vcpu, arg);
	return 0;
}

static long set_events(const struct peng_ioctl_target *t, void *arg)
{
	peng_vcpu_apply_reset(t->vcpu);
	return peng_inject_set_events(t->vcpu, arg);
}

#define LOCK	PENG_IOCTL_VCPU_LOCK
#define INIT	(PENG_IOCTL_VCPU_LOCK | PENG_IOCTL_INIT)

static const struct peng_ioctl_row vcpu_rows[] = {
	{ KVM_RUN,		PENG_ARG_NONE,	INIT,	vcpu_run },
	{ KVM_ARM_VCPU_INIT,	PENG_ARG_IN,	LOCK,	vcpu_init },
	{ KVM_ARM_VCPU_FINALIZE, PENG_ARG_IN,	INIT,	vcpu_finalize },
	{ KVM_GET_ONE_REG,	PENG_ARG_IN,	INIT,	get_one_reg },
	{ KVM_SET_ONE_REG,	PENG_ARG_IN,	INIT,	set_one_reg },
	{ KVM_GET_REG_LIST,	PENG_ARG_RAW,	INIT,	get_reg_list },
	{ KVM_GET_MP_STATE,	PENG_ARG_OUT,	LOCK,	get_mp_state },
	{ KVM_SET_MP_STATE,	PENG_ARG_IN,	LOCK,	set_mp_state },
	{ KVM_GET_VCPU_EVENTS,	PENG_ARG_OUT,	LOCK,	get_events },
	{ KVM_SET_VCPU_EVENTS,	PENG_ARG_IN,	LOCK,	set_events },
	{ KVM_SET_GUEST_DEBUG,	PENG_ARG_IN,	LOCK,	set_guest_debug },
	{ KVM_GET_STATS_FD,	PENG_ARG_VALUE,	0,	get_stats_fd },
	{ KVM_SET_SIGNAL_MASK,	PENG_ARG_RAW,	LOCK,	set_signal_mask },
	{ KVM_HAS_DEVICE_ATTR,	PENG_ARG_IN,	LOCK,	has_attr },
	{ KVM_GET_DEVICE_ATTR,	PENG_ARG_IN,	LOCK,	get_attr },
	{ KVM_SET_DEVICE_ATTR,	PENG_ARG_IN,	LOCK,	set_attr },
};

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct peng_vcpu *vcpu = file->private_data;
	const struct peng_ioctl_target target = { .vm = vcpu->vm, .vcpu = vcpu };

	if (vcpu->vm->mm != current->mm || READ_ONCE(vcpu->vm->dead))
		return -EIO;
	return peng_ioctl_run(vcpu_rows, ARRAY_SIZE(vcpu_rows), &target, cmd, arg);
}

/* The mapping holds the vCPU's file, and so all pages. */
static vm_fault_t vcpu_vm_fault(struct vm_fault *vmf)
{
	struct peng_vcpu *vcpu = vmf->vma->vm_file->private_data;
	struct page *page;

	if (vmf->pgoff == 0)
		page = virt_to_page(vcpu->run);
	else if (vmf->pgoff == KVM_COALESCED_MMIO_PAGE_OFFSET)
		page = peng_coalesced_page(vcpu->vm);
	else
		page = peng_ring_page(vcpu, vmf->pgoff);
	if (!page)
		return VM_FAULT_SIGBUS;
	get_page(page);
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct vcpu_vm_ops = {
	.fault = vcpu_vm_fault,
};

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct peng_vcpu *vcpu = file->private_data;

	/* A ring of one's own would be no ring. */
	if (peng_ring_overlaps(vcpu->vm, vma->vm_pgoff, vma_pages(vma)) &&
	    (vma->vm_flags & VM_EXEC || !(vma->vm_flags & VM_SHARED)))
		return -EINVAL;
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct peng_vcpu *vcpu = file->private_data;

	peng_vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vcpu_ioctl,
	.mmap = vcpu_mmap,
	.release = vcpu_release,
	.llseek = noop_llseek,
};

static int vcpu_fd(struct peng_vcpu *vcpu)
{
	char name[32];

	snprintf(name, sizeof(name), "peng-vcpu:%u", vcpu->id);
	return anon_inode_getfd(name, &vcpu_fops, vcpu, O_RDWR | O_CLOEXEC);
}

static struct peng_vcpu *vcpu_alloc(struct peng_vm *vm, unsigned int id)
{
	struct peng_vcpu *vcpu;
	int ret;

	ret = peng_quota_take_vcpu(vm->account);
	if (ret)
		return ERR_PTR(ret);
	/* From vmalloc, and from the start of a page, for peng_el2->map(). */
	vcpu = __vmalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!vcpu) {
		ret = -ENOMEM;
		goto give_back;
	}
	ret = peng_el2->map(&vcpu->ctx, sizeof(vcpu->ctx));
	if (ret)
		goto free_vcpu;
	vcpu->run = (struct kvm_run *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpu->run) {
		ret = -ENOMEM;
		goto unmap_context;
	}

	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->idx = vm->nr_vcpus;
	vcpu->cpu = -1;
	vcpu->last_cpu = -1;
	vcpu->mp_state = KVM_MP_STATE_RUNNABLE;
	vcpu->ctx.wfi_doubted = peng_host.wfxt;
	mutex_init(&vcpu->lock);
	spin_lock_init(&vcpu->power_lock);
	rcuwait_init(&vcpu->wait);
	vcpu->mmio_hint.no_slot = PENG_MMIO_NO_PAGE;
	peng_timer_vcpu_init(vcpu);
	peng_pmu_vcpu_init(vcpu);
	peng_pvtime_vcpu_init(vcpu);
	ret = peng_mmu_vcpu_init(vcpu);
	if (ret)
		goto free_run;
	peng_vgic_vcpu_init(vcpu);
	init_preempt(vcpu);
	return vcpu;

free_run:
	free_page((unsigned long)vcpu->run);
unmap_context:
	peng_el2->unmap(&vcpu->ctx, sizeof(vcpu->ctx));
free_vcpu:
	vfree(vcpu);
give_back:
	peng_quota_give_vcpu(vm->account);
	return ERR_PTR(ret);
}

/**
 * peng_vcpu_free() - end a vCPU
 * @vcpu: vCPU that nobody can reach any more
 */
void peng_vcpu_free(struct peng_vcpu *vcpu)
{
	struct peng_account *account = vcpu->vm->account;

	peng_stats_forget_runner(vcpu);
	peng_exit_stats_destroy(vcpu);
	peng_timer_vcpu_destroy(vcpu);
	peng_pmu_vcpu_destroy(vcpu);
	peng_mmu_vcpu_destroy(vcpu);
	free_page((unsigned long)vcpu->run);
	peng_sve_vcpu_destroy(vcpu);
	peng_el2->unmap(&vcpu->ctx, sizeof(vcpu->ctx));
	vfree(vcpu);
	peng_quota_give_vcpu(account);
}

/**
 * peng_vcpu_create() - KVM_CREATE_VCPU
 * @vm: VM, vm->lock held
 * @id: vCPU id given by user space
 *
 * Return: file descriptor; -EINVAL for a bad id or too many vCPUs, -EEXIST
 * where the id is taken, -EBUSY after the vGIC has been initialised, -EDQUOT or
 * -ENOSPC where the VM's owner or the host has as many vCPUs as it may.
 */
long peng_vcpu_create(struct peng_vm *vm, unsigned int id)
{
	struct peng_vcpu *vcpu;
	int ret;

	lockdep_assert_held(&vm->lock);

	if (id >= PENG_MAX_VCPUS || vm->nr_vcpus >= PENG_MAX_VCPUS)
		return -EINVAL;
	if (peng_vgic_initialized(vm))
		return -EBUSY;
	if (peng_vm_vcpu_by_id(vm, id))
		return -EEXIST;

	vcpu = vcpu_alloc(vm, id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);

	peng_vm_get(vm);
	ret = vcpu_fd(vcpu);
	if (ret < 0)
		goto put_vm;

	if (vm->paused)
		peng_request_make(vcpu, PENG_REQ_PAUSE);
	vm->vcpus[vcpu->idx] = vcpu;
	/* Whoever reads the count finds the vCPU complete. */
	smp_store_release(&vm->nr_vcpus, vm->nr_vcpus + 1);
	return ret;

put_vm:
	/* Not the last reference: the caller's VM fd holds one. */
	peng_vm_put(vm);
	peng_vcpu_free(vcpu);
	return ret;
}
