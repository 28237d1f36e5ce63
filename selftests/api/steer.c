// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves pause, resume and kill by netlink: a paused guest executes nothing from the
 * answer on and goes on where it was, whatever its vCPUs did; its threads wait in
 * KVM_RUN and leave it by signals as ever; a killed one never runs again and its
 * process hears of it; both under load and while VMs end; counters that are reset
 * begin anew, and KVM's do not; who may do it; and what is told about it, as about
 * guests that end themselves.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <linux/psci.h>
#include "gic.h"
#include "kselftest_harness.h"
#include "nl.h"
#include "vm.h"

#define SPI		40
#define PAUSE_NS	20000000

static u64 counts[VM_MAX_VCPUS];
static u64 last_tick;
static u32 stop;

static void guest_counts(u64 arg)
{
	while (!counter_read(stop)) {
		counter_set(last_tick, read_sysreg(cntvct_el0));
		counter_inc(counts[arg]);
	}
}

static void guest_idles(u64 arg)
{
	gic_init();
	gic_enable(SPI);
	guest_sync(1);
	irq_enable();
	while (!READ_ONCE(guest_self()->irqs[SPI]))
		wfi();
	guest_sync(2);
}

/* Each interrupt is taken once. */
static void guest_takes(u64 nr)
{
	u64 i;

	gic_init();
	gic_set_edge(SPI, true);
	gic_enable(SPI);
	irq_enable();
	for (i = 0; i < nr; i++) {
		guest_sync(i + 1);
		while (READ_ONCE(guest_self()->irqs[SPI]) == i)
			;
	}
	guest_sync(nr + 1);
}

static void guest_turns_off(u64 arg)
{
	guest_hvc(PSCI_0_2_FN_SYSTEM_OFF, 0, 0, 0);
}

static void guest_resets(u64 arg)
{
	guest_hvc(PSCI_0_2_FN_SYSTEM_RESET, 0, 0, 0);
}

FIXTURE(steer) {
	struct nl nl;
	struct vm vm;
	u32 id;
};

FIXTURE_SETUP(steer)
{
	if (dev_is_kvm())
		SKIP_IN_SETUP("KVM has no netlink family");
	nl_open(&self->nl);
}

FIXTURE_TEARDOWN(steer)
{
	close(self->nl.fd);
}

static u32 vm_state(struct nl *nl, u32 id)
{
	CHECK(nl_get_vm(nl, id) == 0, "%s", nl->reason);
	return nl_u32(nl->attrs[PENG_A_VM_STATE]);
}

struct states {
	u32 state[VM_MAX_VCPUS];
};

static void see_state(struct nl *nl, void *arg)
{
	struct states *seen = arg;

	seen->state[nl_u32(nl->attrs[PENG_A_VCPU_ID])] = nl_u32(nl->attrs[PENG_A_VCPU_STATE]);
}

static u32 vcpu_state(struct nl *nl, u32 id, unsigned int vcpu)
{
	struct states seen;

	CHECK(nl_dump_vcpus(nl, id, see_state, &seen) == 0, "%s", nl->reason);
	return seen.state[vcpu];
}

static void await_state(struct nl *nl, u32 id, unsigned int vcpu, u32 state)
{
	while (vcpu_state(nl, id, vcpu) != state)
		sched_yield();
}

/* Until the guest has counted again; the harness's timeout is the bound. */
static void await_progress(unsigned int vcpu)
{
	u64 before = counter_read(counts[vcpu]);

	while (counter_read(counts[vcpu]) == before)
		sched_yield();
}

static void sleep_ns(long ns)
{
	const struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

/* Whether none of two vCPUs counts: while a guest that ran would. */
static bool held(void)
{
	u64 first = counter_read(counts[0]), second = counter_read(counts[1]);

	sleep_ns(PAUSE_NS);
	return counter_read(counts[0]) == first && counter_read(counts[1]) == second;
}

static void end_counting(struct vm *vm)
{
	unsigned int i;

	counter_set(stop, 1);
	for (i = 0; i < vm->nr_vcpus; i++)
		vcpu_join(&vm->vcpu[i]);
	vm_destroy(vm);
}

static u32 begin_counting(struct nl *nl, struct vm *vm, unsigned int nr)
{
	unsigned int i;

	vm_init(vm, nr, guest_counts);
	for (i = 0; i < nr; i++)
		vcpu_spawn(&vm->vcpu[i]);
	for (i = 0; i < nr; i++)
		await_progress(i);
	return nl_own_vm(nl);
}

TEST_F(steer, progress)
{
	struct nl *nl = &self->nl;
	u64 before, after;
	u32 id;

	id = begin_counting(nl, &self->vm, 2);
	EXPECT_EQ(PENG_VM_STATE_RUNNING, vm_state(nl, id));

	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
	before = counter_read(last_tick);
	EXPECT_TRUE(held());
	EXPECT_EQ(PENG_VM_STATE_PAUSED, vm_state(nl, id));
	await_state(nl, id, 0, PENG_VCPU_STATE_PAUSED);
	await_state(nl, id, 1, PENG_VCPU_STATE_PAUSED);
	EXPECT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id)) TH_LOG("it is paused already");
	EXPECT_TRUE(held());

	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESUME, id));
	await_progress(0);
	await_progress(1);
	after = counter_read(last_tick);
	EXPECT_LE(PAUSE_NS / 1000, (after - before) * 1000000 / read_sysreg(cntfrq_el0))
		TH_LOG("the guest's counter went on");
	EXPECT_EQ(PENG_VM_STATE_RUNNING, vm_state(nl, id));
	EXPECT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESUME, id)) TH_LOG("it runs already");
	await_progress(1);
	end_counting(&self->vm);
}

TEST_F(steer, many_times)
{
	struct nl *nl = &self->nl;
	unsigned int i;
	u32 id;

	id = begin_counting(nl, &self->vm, 2);
	for (i = 0; i < 500; i++) {
		u64 first, second;

		ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
		first = counter_read(counts[0]);
		second = counter_read(counts[1]);
		if (i % 2)
			sched_yield();
		ASSERT_EQ(first, counter_read(counts[0]));
		ASSERT_EQ(second, counter_read(counts[1]));
		ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESUME, id));
		if (!(i % 8))
			await_progress(i / 8 % 2);
	}
	end_counting(&self->vm);
}

TEST_F(steer, signals)
{
	struct nl *nl = &self->nl;
	struct vcpu *v;
	u64 pc;
	u32 id;

	vm_init(&self->vm, 1, guest_counts);
	v = &self->vm.vcpu[0];
	id = nl_own_vm(nl);
	vcpu_run_for_ms(v, 20);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
	pc = vcpu_get64(v, CORE_REG(regs.pc));

	vcpu_run_for_ms(v, 20);
	EXPECT_EQ(KVM_EXIT_INTR, v->run->exit_reason);
	EXPECT_EQ(pc, vcpu_get64(v, CORE_REG(regs.pc)));
	vcpu_run_for_ms(v, 20);
	EXPECT_EQ(pc, vcpu_get64(v, CORE_REG(regs.pc))) TH_LOG("the next one waits, too");
	v->run->immediate_exit = 1;
	EXPECT_EQ(EINTR, ERRNO(ioctl(v->fd, KVM_RUN, 0)));
	v->run->immediate_exit = 0;

	/* What the owner writes meanwhile is what the guest finds. */
	vcpu_set64(v, CORE_REG(regs.pc), pc);
	counter_set(stop, 1);
	EXPECT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESUME, id));
	vcpu_finish(v);
	vm_destroy(&self->vm);
}

TEST_F(steer, before_it_runs)
{
	struct vm *vm = &self->vm;
	struct nl *nl = &self->nl;
	u32 id;

	vm_open(vm, 0);
	id = nl_own_vm(nl);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
	vm_add_memory(vm);
	vm_add_vcpu(vm);
	vm_add_gic(vm);
	ASSERT_EQ(0, vcpu_init_features(&vm->vcpu[0], 0));
	vcpu_start(&vm->vcpu[0], guest_counts, 0);
	vcpu_run_for_ms(&vm->vcpu[0], 20);
	EXPECT_EQ(0, counter_read(counts[0]));

	vcpu_spawn(&vm->vcpu[0]);
	await_state(nl, id, 0, PENG_VCPU_STATE_PAUSED);
	EXPECT_EQ(0, counter_read(counts[0]));
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESUME, id));
	await_progress(0);
	end_counting(vm);
}

static void *sync_twice(void *arg)
{
	vcpu_expect_sync(arg, 1);
	vcpu_expect_sync(arg, 2);
	return NULL;
}

TEST_F(steer, idle)
{
	struct nl *nl = &self->nl;
	struct vcpu *v;
	u32 id;

	vm_init(&self->vm, 1, guest_idles);
	v = &self->vm.vcpu[0];
	id = nl_own_vm(nl);
	ASSERT_EQ(0, pthread_create(&v->thread, NULL, sync_twice, v));
	await_state(nl, id, 0, PENG_VCPU_STATE_HALTED);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
	await_state(nl, id, 0, PENG_VCPU_STATE_PAUSED);
	ASSERT_EQ(0, vm_irq_line(&self->vm, SPI, 1));
	sleep_ns(PAUSE_NS);
	EXPECT_EQ(0, READ_ONCE(v->guest->irqs[SPI]));
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESUME, id));
	vcpu_join(v);
	vm_destroy(&self->vm);
}

/* KVM_RUN until it fails for another reason than a signal; that errno. */
static void *run_to_error(void *arg)
{
	struct vcpu *v = arg;
	int error;

	do
		error = ERRNO(ioctl(v->fd, KVM_RUN, 0));
	while (!error || error == EINTR);
	return (void *)(long)error;
}

static void spawn_to_error(struct vcpu *v)
{
	CHECK(!pthread_create(&v->thread, NULL, run_to_error, v), "pthread_create");
}

static long join_error(struct vcpu *v)
{
	void *error;

	pthread_join(v->thread, &error);
	return (long)error;
}

TEST_F(steer, kill)
{
	struct vm *vm = &self->vm;
	struct nl *nl = &self->nl;
	u32 id, irq = 0;
	u64 count;

	/* One that runs, one that is off, one whose thread is elsewhere. */
	vm_init_psci(vm, 3, guest_counts);
	id = nl_own_vm(nl);
	spawn_to_error(&vm->vcpu[0]);
	spawn_to_error(&vm->vcpu[1]);
	await_progress(0);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_KILL, id));
	count = counter_read(counts[0]);
	EXPECT_EQ(EIO, join_error(&vm->vcpu[0]));
	EXPECT_EQ(EIO, join_error(&vm->vcpu[1]));
	EXPECT_EQ(count, counter_read(counts[0]));
	EXPECT_EQ(EIO, ERRNO(ioctl(vm->vcpu[2].fd, KVM_RUN, 0)));
	EXPECT_EQ(EIO, ERRNO(vcpu_get(&vm->vcpu[0], CORE_REG(regs.pc), &count)));
	EXPECT_EQ(EIO, ERRNO(ioctl(vm->fd, KVM_CREATE_VCPU, 3)));
	EXPECT_EQ(EIO, ERRNO(dev_attr(vm->gic, KVM_GET_DEVICE_ATTR,
				      KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irq)));

	EXPECT_EQ(PENG_VM_STATE_DEAD, vm_state(nl, id));
	EXPECT_EQ(0, nl_steer(nl, PENG_CMD_VM_KILL, id)) TH_LOG("it is dead already");
	EXPECT_EQ(EIO, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
	EXPECT_NE(0, strlen(nl->reason));
	EXPECT_EQ(EIO, nl_steer(nl, PENG_CMD_VM_RESUME, id));
	EXPECT_NE(0, strlen(nl->reason));
	vm_destroy(vm);
	EXPECT_EQ(ENOENT, nl_steer(nl, PENG_CMD_VM_KILL, id));
}

TEST_F(steer, kill_the_paused)
{
	struct vm *vm = &self->vm;
	struct nl *nl = &self->nl;
	u32 id;

	vm_init(vm, 1, guest_counts);
	id = nl_own_vm(nl);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_PAUSE, id));
	spawn_to_error(&vm->vcpu[0]);
	await_state(nl, id, 0, PENG_VCPU_STATE_PAUSED);
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_KILL, id));
	EXPECT_EQ(EIO, join_error(&vm->vcpu[0]));
	EXPECT_EQ(0, counter_read(counts[0]));
	vm_destroy(vm);
}

static void expect_event(struct __test_metadata *_metadata, struct nl *nl, u8 cmd, u32 id)
{
	EXPECT_EQ(cmd, nl_next_event(nl, getpid()));
	EXPECT_EQ(id, nl_u32(nl->attrs[PENG_A_VM_ID]));
}

TEST_F(steer, events)
{
	static const u8 asked[] = {
		PENG_CMD_VM_RESUME, PENG_CMD_VM_PAUSE, PENG_CMD_VM_PAUSE, PENG_CMD_VM_RESUME,
		PENG_CMD_VM_RESUME, PENG_CMD_VM_PAUSE, PENG_CMD_VM_KILL, PENG_CMD_VM_KILL,
	};
	static const u8 told[] = {
		PENG_CMD_VM_CREATED_NTF, PENG_CMD_VM_STARTED_NTF, PENG_CMD_VM_PAUSED_NTF,
		PENG_CMD_VM_RESUMED_NTF, PENG_CMD_VM_PAUSED_NTF, PENG_CMD_VM_KILLED_NTF,
		PENG_CMD_VM_DESTROYED_NTF,
	};
	struct vm *vm = &self->vm;
	struct nl listener;
	unsigned int i;
	u32 id;

	nl_open(&listener);
	ASSERT_EQ(0, nl_join(&listener, NL_LIFECYCLE));
	vm_init(vm, 1, guest_counts);
	id = nl_own_vm(&self->nl);
	vcpu_run_for_ms(&vm->vcpu[0], 20);
	for (i = 0; i < ARRAY_SIZE(asked); i++)
		ASSERT_EQ(0, nl_steer(&self->nl, asked[i], id));
	vm_destroy(vm);
	for (i = 0; i < ARRAY_SIZE(told); i++)
		expect_event(_metadata, &listener, told[i], id);
	EXPECT_EQ(PENG_REASON_KILLED, nl_u32(listener.attrs[PENG_A_VM_REASON]));
	close(listener.fd);
}

static void expect_end(struct __test_metadata *_metadata, struct nl *nl, guest_fn guest, u8 cmd)
{
	struct vm vm;
	u32 id;

	vm_init_psci(&vm, 2, guest);
	id = nl_own_vm(nl);
	ASSERT_EQ(0, nl_join(nl, NL_LIFECYCLE));
	ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu_run_exit(&vm.vcpu[0]));
	expect_event(_metadata, nl, PENG_CMD_VM_STARTED_NTF, id);
	expect_event(_metadata, nl, cmd, id);
	vm_destroy(&vm);
}

TEST_F(steer, shutdown)
{
	expect_end(_metadata, &self->nl, guest_turns_off, PENG_CMD_VM_SHUTDOWN_NTF);
}

TEST_F(steer, reset)
{
	expect_end(_metadata, &self->nl, guest_resets, PENG_CMD_VM_RESET_NTF);
}

static const u8 commands[] = {
	PENG_CMD_VM_PAUSE, PENG_CMD_VM_RESUME, PENG_CMD_VM_RESET_STATS, PENG_CMD_VM_KILL,
};

TEST_F(steer, refusals)
{
	struct nl *nl = &self->nl;
	unsigned int i;
	u32 id;

	id = begin_counting(nl, &self->vm, 1);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		struct nl_req req = nl_req(nl->family, commands[i], NLM_F_REQUEST | NLM_F_ACK);
		u16 half = id;

		EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("which");
		EXPECT_NE(0, strlen(nl->reason));
		nl_put(&req, PENG_A_VM_ID, &half, sizeof(half));
		EXPECT_NE(0, nl_ask(nl, &req)) TH_LOG("half an id");
		req = nl_req(nl->family, commands[i], NLM_F_REQUEST | NLM_F_ACK);
		nl_put_u32(&req, PENG_A_VM_ID, id);
		nl_put_string(&req, PENG_A_VM_NAME, "a");
		EXPECT_EQ(EINVAL, nl_ask(nl, &req)) TH_LOG("what it does not take");
		req = nl_req(nl->family, commands[i], NL_DUMP);
		EXPECT_EQ(EOPNOTSUPP, nl_ask(nl, &req)) TH_LOG("no dump");
		EXPECT_EQ(ERANGE, nl_steer(nl, commands[i], 0));
		EXPECT_EQ(ENOENT, nl_steer(nl, commands[i], 0x7fffffff));
		EXPECT_NE(0, strlen(nl->reason));
	}
	EXPECT_EQ(PENG_VM_STATE_RUNNING, vm_state(nl, id));
	await_progress(0);
	end_counting(&self->vm);
}

/* What a user may do to VMs of others and to their own, by the bit of what went wrong. */
static int as_nobody(u32 others)
{
	struct vm own = { .dev = dev_open() };
	unsigned int i;
	struct nl nl;
	int bad = 0;
	u32 id;

	become_nobody();
	nl_open(&nl);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		bad |= (nl_steer(&nl, commands[i], others) != ENOENT || !nl.reason[0]) << (1 + i);
	own.fd = ioctl(own.dev, KVM_CREATE_VM, 0);
	id = nl_own_vm(&nl);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		bad |= (nl_steer(&nl, commands[i], id) != 0) << (1 + ARRAY_SIZE(commands) + i);
	if (bad)
		fprintf(stderr, "as a user: %#x\n", bad);
	return bad;
}

static void see_counters(struct nl *nl, void *arg)
{
	nl_parse_counters(nl, arg);
}

static u64 interrupts(struct nl *nl, u32 id)
{
	struct nl_counters counters;

	CHECK(nl_dump_vcpus(nl, id, see_counters, &counters) == 0, "%s", nl->reason);
	return counters.of[PENG_A_COUNTER_INTERRUPTS];
}

TEST_F(steer, interrupts_are_counted)
{
	struct vcpu *v;
	u64 i;

	vm_init(&self->vm, 1, guest_takes);
	v = &self->vm.vcpu[0];
	self->id = nl_own_vm(&self->nl);
	vcpu_start(v, guest_takes, 10);
	for (i = 1; i <= 10; i++) {
		vcpu_expect_sync(v, i);
		EXPECT_EQ(i - 1, interrupts(&self->nl, self->id));
		ASSERT_EQ(0, vm_irq_line(&self->vm, SPI, true));
		ASSERT_EQ(0, vm_irq_line(&self->vm, SPI, false));
	}
	vcpu_expect_sync(v, 11);
	EXPECT_EQ(10, interrupts(&self->nl, self->id));
	vm_destroy(&self->vm);
}

TEST_F(steer, unprivileged)
{
	struct nl *nl = &self->nl;
	int status;
	pid_t pid;
	u32 id;

	id = begin_counting(nl, &self->vm, 1);
	pid = fork();
	if (!pid)
		_exit(!!as_nobody(id));
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(PENG_VM_STATE_RUNNING, vm_state(nl, id));
	await_progress(0);
	end_counting(&self->vm);
}

/* Of the last vCPU. */
static struct nl_counters get_counters(struct nl *nl, u32 id)
{
	struct nl_counters seen;

	CHECK(nl_dump_vcpus(nl, id, see_counters, &seen) == 0, "%s", nl->reason);
	return seen;
}

/* A counter by KVM_GET_STATS_FD. */
static u64 file_counter(int fd, const char *name)
{
	struct kvm_stats_header header;
	char room[sizeof(struct kvm_stats_desc) + 64];
	struct kvm_stats_desc *desc = (void *)room;
	u64 value;
	u32 i;

	CHECK(pread(fd, &header, sizeof(header), 0) == sizeof(header), "%m");
	CHECK(header.name_size <= 64, "long names");
	for (i = 0; i < header.num_desc; i++) {
		size_t size = sizeof(*desc) + header.name_size;

		CHECK(pread(fd, desc, size, header.desc_offset + i * size) == size, "%m");
		if (strcmp(desc->name, name))
			continue;
		CHECK(pread(fd, &value, 8, header.data_offset + desc->offset) == 8, "%m");
		return value;
	}
	CHECK(false, "no counter %s", name);
	return 0;
}

TEST_F(steer, reset_counters)
{
	struct vm *vm = &self->vm;
	struct nl *nl = &self->nl;
	struct nl_counters seen;
	unsigned int i;
	u64 before;
	int fd;
	u32 id;

	vm_init(vm, 1, guest_counts);
	id = nl_own_vm(nl);
	fd = CHECK_FD(ioctl(vm->vcpu[0].fd, KVM_GET_STATS_FD, NULL));
	vcpu_run_for_ms(&vm->vcpu[0], 20);
	before = file_counter(fd, "exits");
	seen = get_counters(nl, id);
	EXPECT_LT(0, before);
	EXPECT_EQ(before, seen.of[PENG_A_COUNTER_EXITS]);
	EXPECT_LT(0, seen.of[PENG_A_COUNTER_SIGNALS]);

	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESET_STATS, id));
	seen = get_counters(nl, id);
	for (i = PENG_A_COUNTER_PAD + 1; i <= PENG_A_COUNTER_MAX; i++)
		EXPECT_EQ(0, seen.of[i]) TH_LOG("counter %u", i);
	EXPECT_EQ(before, file_counter(fd, "exits")) TH_LOG("KVM's never go back");

	vcpu_run_for_ms(&vm->vcpu[0], 20);
	seen = get_counters(nl, id);
	EXPECT_LT(0, seen.of[PENG_A_COUNTER_EXITS]);
	EXPECT_EQ(file_counter(fd, "exits") - before, seen.of[PENG_A_COUNTER_EXITS]);
	/* What is dead can still be looked at. */
	ASSERT_EQ(0, nl_steer(nl, PENG_CMD_VM_KILL, id));
	EXPECT_EQ(0, nl_steer(nl, PENG_CMD_VM_RESET_STATS, id));
	EXPECT_EQ(0, get_counters(nl, id).of[PENG_A_COUNTER_EXITS]);
	close(fd);
	vm_destroy(vm);
}

static void *reset_often(void *arg)
{
	unsigned int i;
	struct nl nl;

	nl_open(&nl);
	for (i = 0; i < 2000; i++)
		CHECK(nl_steer(&nl, PENG_CMD_VM_RESET_STATS, *(u32 *)arg) == 0, "%s", nl.reason);
	close(nl.fd);
	return NULL;
}

/* No reader ever finds less than nothing, which would be a lot. */
TEST_F(steer, reset_under_load)
{
	struct nl *nl = &self->nl;
	pthread_t threads[2];
	unsigned int i;
	u32 id;

	id = begin_counting(nl, &self->vm, 1);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, reset_often, &id));
	for (i = 0; i < 1000; i++)
		ASSERT_GT(1ULL << 40, get_counters(nl, id).of[PENG_A_COUNTER_EXITS]);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	end_counting(&self->vm);
}

static void *churn(void *arg)
{
	unsigned int i;
	struct vm vm;

	for (i = 0; i < 200; i++) {
		vm_open(&vm, 0);
		vm_add_vcpu(&vm);
		vm_destroy(&vm);
	}
	counter_set(*(u32 *)arg, 1);
	return NULL;
}

TEST_F(steer, races_with_the_end)
{
	struct nl_req all = nl_req(self->nl.family, PENG_CMD_VM_GET, NL_DUMP);
	pthread_t thread;
	u32 id = 1, done = 0;
	unsigned int i = 0;

	nl_put_u32(&all, PENG_A_VM_PID, getpid());
	ASSERT_EQ(0, pthread_create(&thread, NULL, churn, &done));
	while (!counter_read(done)) {
		int error;

		EXPECT_EQ(0, nl_ask_each(&self->nl, &all, nl_keep_id, &id));
		/* To kill would have the other thread find errors. */
		error = nl_steer(&self->nl, commands[i++ % 2], id);
		EXPECT_TRUE(!error || error == ENOENT);
	}
	pthread_join(thread, NULL);
}

TEST_HARNESS_MAIN
