// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs: creation, registers, and the loop that enters the guest and reads
 * what it says.  A vCPU is run by one thread at a time.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include "vm.h"

void vm_add_vcpu(struct vm *vm)
{
	struct vcpu *vcpu = &vm->vcpu[vm->nr_vcpus];
	int size = CHECK_FD(ioctl(vm->dev, KVM_GET_VCPU_MMAP_SIZE, 0));

	CHECK(vm->nr_vcpus < VM_MAX_VCPUS, "too many vCPUs");
	vcpu->vm = vm;
	vcpu->id = vm->nr_vcpus++;
	vcpu->fd = CHECK_FD(ioctl(vm->fd, KVM_CREATE_VCPU, (u64)vcpu->id));
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	CHECK(vcpu->run != MAP_FAILED, "mmap of the vCPU: %m");
	if (!vm->ram)
		return;
	vcpu->guest = (void *)(vm->ram + vcpu->id * GUEST_CPU_SIZE);
	if (vm->same_ram)
		return;
	vcpu->guest->id = vcpu->id;
	vcpu->guest->sp = (u64)vcpu->guest + GUEST_CPU_SIZE;
}

struct kvm_reg_list *vcpu_reg_list(struct vcpu *vcpu)
{
	struct kvm_reg_list probe = { .n = 0 }, *list;

	CHECK(ERRNO(ioctl(vcpu->fd, KVM_GET_REG_LIST, &probe)) == E2BIG, "%m");
	list = calloc(1, sizeof(*list) + probe.n * sizeof(u64));
	list->n = probe.n;
	CHECK_FD(ioctl(vcpu->fd, KVM_GET_REG_LIST, list));
	return list;
}

bool reg_listed(const struct kvm_reg_list *list, u64 id)
{
	u64 i;

	for (i = 0; i < list->n; i++)
		if (list->reg[i] == id)
			return true;
	return false;
}

int vcpu_init_features(struct vcpu *vcpu, u32 features)
{
	struct kvm_vcpu_init init;

	CHECK_FD(ioctl(vcpu->vm->fd, KVM_ARM_PREFERRED_TARGET, &init));
	init.features[0] = features | 1U << KVM_ARM_VCPU_PSCI_0_2;
	return ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init);
}

int vcpu_finalize(struct vcpu *vcpu, int feature)
{
	return ioctl(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &feature);
}

void vcpu_start(struct vcpu *vcpu, guest_fn entry, u64 arg)
{
	vcpu->guest->entry = (u64)entry;
	vcpu->guest->arg = arg;
	vcpu_set64(vcpu, CORE_REG(regs.regs[0]), (u64)vcpu->guest);
	vcpu_set64(vcpu, CORE_REG(regs.pc), (u64)guest_start);
	vcpu_set64(vcpu, CORE_REG(regs.pstate), PSTATE_EL1H_DAIF);
}

void vcpu_complete(struct vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	CHECK(ioctl(vcpu->fd, KVM_RUN, 0) < 0 && errno == EINTR, "immediate exit: %m");
	vcpu->run->immediate_exit = 0;
}

int vcpu_get(struct vcpu *vcpu, u64 id, void *val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)val };

	return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg);
}

int vcpu_set(struct vcpu *vcpu, u64 id, const void *val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)val };

	return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg);
}

u64 vcpu_get64(struct vcpu *vcpu, u64 id)
{
	u64 val = 0;

	CHECK(vcpu_get(vcpu, id, &val) == 0, "register %#llx: %m", (unsigned long long)id);
	return val;
}

void vcpu_set64(struct vcpu *vcpu, u64 id, u64 val)
{
	CHECK(vcpu_set(vcpu, id, &val) == 0, "register %#llx: %m", (unsigned long long)id);
}

static void print_line(const struct guest_cpu *guest)
{
	const u64 *args = guest->ucall_args;
	char text[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), (const char *)args[0], args[1], args[2], args[3]);
#pragma GCC diagnostic pop
	dprintf(STDERR_FILENO, "# guest CPU %u: %s\n", guest->id, text);
}

/* Reads the message behind a store to the ucall address. */
static enum ucall_cmd take_ucall(struct vcpu *vcpu)
{
	const struct guest_cpu *guest = vcpu->guest;
	const u64 *args = guest->ucall_args;

	if (guest->ucall_cmd == UCALL_PRINT)
		print_line(guest);
	if (guest->ucall_cmd == UCALL_ASSERT)
		report_die((const char *)args[0], (int)args[1],
			   "guest CPU %u: %s: is %#llx, should be %#llx", guest->id,
			   (const char *)args[2], (unsigned long long)args[3],
			   (unsigned long long)args[4]);
	return guest->ucall_cmd;
}

enum ucall_cmd vcpu_run(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	enum ucall_cmd cmd;

	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
			CHECK(errno == EINTR, "KVM_RUN on vCPU %u: %m", vcpu->id);
			continue;
		}
		if (run->exit_reason != KVM_EXIT_MMIO)
			return UCALL_NONE;
		if (run->mmio.phys_addr == GUEST_UCALL_ADDR && run->mmio.is_write) {
			cmd = take_ucall(vcpu);
			if (cmd != UCALL_PRINT)
				return cmd;
		} else if (!vcpu->vm->mmio || !vcpu->vm->mmio(vcpu)) {
			return UCALL_NONE;
		}
	}
}

void vcpu_finish(struct vcpu *vcpu)
{
	enum ucall_cmd cmd;

	do {
		cmd = vcpu_run(vcpu);
		CHECK(cmd != UCALL_NONE, "vCPU %u left with reason %u at %#llx", vcpu->id,
		      vcpu->run->exit_reason,
		      (unsigned long long)vcpu_get64(vcpu, CORE_REG(regs.pc)));
	} while (cmd != UCALL_DONE);
}

void vcpu_expect_sync(struct vcpu *vcpu, u64 step)
{
	enum ucall_cmd cmd = vcpu_run(vcpu);

	CHECK(cmd == UCALL_SYNC, "ucall %d, exit reason %u", cmd, vcpu->run->exit_reason);
	CHECK(vcpu->guest->ucall_args[0] == step, "step %llu instead of %llu",
	      (unsigned long long)vcpu->guest->ucall_args[0], (unsigned long long)step);
}

u32 vcpu_run_exit(struct vcpu *vcpu)
{
	enum ucall_cmd cmd = vcpu_run(vcpu);

	CHECK(cmd == UCALL_NONE, "ucall %d instead of an exit", cmd);
	return vcpu->run->exit_reason;
}

static void nothing(int sig)
{
}

void vcpu_run_for_ms(struct vcpu *vcpu, unsigned int ms)
{
	/* Repeats, because the first signal may come before KVM_RUN. */
	struct itimerval timer = { { 0, 10000 }, { 0, ms * 1000 } }, off = { };
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (ioctl(vcpu->fd, KVM_RUN, 0) == 0)
		if (vcpu->run->exit_reason == KVM_EXIT_MMIO && vcpu->vm->mmio)
			vcpu->vm->mmio(vcpu);
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(errno == EINTR, "KVM_RUN: %m");
}

static void *thread_main(void *arg)
{
	vcpu_finish(arg);
	return NULL;
}

void vcpu_spawn(struct vcpu *vcpu)
{
	CHECK(!pthread_create(&vcpu->thread, NULL, thread_main, vcpu), "pthread_create");
}

void vcpu_join(struct vcpu *vcpu)
{
	pthread_join(vcpu->thread, NULL);
}

void vm_finish(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_spawn(&vm->vcpu[i]);
	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_join(&vm->vcpu[i]);
}
