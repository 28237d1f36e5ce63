// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine's life. The parts are made one by one in the order of a table,
 * and unmade backwards from however far that got, at the end of a run as well
 * as after a failed start.
 */
#include "vm.h"
#include "disks.h"
#include "fdt.h"
#include "features.h"
#include "layout.h"
#include "loader.h"
#include "util.h"
#include "virtio/scsi.h"
#include "virtio/virtio.h"
#include "../lib/client.h"
#include "../lib/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Smallest IPA space, and the one of hypervisors that cannot be told a size. */
#define IPA_BITS_MIN 32
#define IPA_BITS_DEFAULT 40

bool vm_end(struct vm *vm, int status)
{
	if (atomic_exchange(&vm->ended, true))
		return false;
	atomic_store(&vm->status, status);
	loop_stop(&vm->loop);
	return true;
}

int vm_capability(const struct vm *vm, unsigned int capability)
{
	int answer = ioctl(vm->fd, KVM_CHECK_EXTENSION, (unsigned long)capability);

	return answer < 0 ? 0 : answer;
}

int vm_add_notifier(struct vm *vm, int eventfd, gpa_t gpa, uint32_t value)
{
	struct kvm_ioeventfd notifier = {
		.datamatch = value,
		.addr = gpa,
		.len = sizeof(value),
		.fd = eventfd,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	if (vm_capability(vm, KVM_CAP_IOEVENTFD) <= 0)
		return -ENOSYS;
	return ioctl(vm->fd, KVM_IOEVENTFD, &notifier) < 0 ? -errno : 0;
}

static int report_no_device(const char *path, int error)
{
	const char *cure = "is this a device node of peng or KVM?";

	if (error == -ENOENT || error == -ENODEV || error == -ENXIO)
		cure = "load the module (insmod peng.ko), or name another by --device";
	else if (error == -EACCES || error == -EPERM)
		cure = "run as root, or as a member of the group that owns it";
	report("cannot open %s: %s; %s", path, strerror(-error), cure);
	return error;
}

static int check_api(struct vm *vm)
{
	const char *path = vm->options->device;
	int version = ioctl(vm->system, KVM_GET_API_VERSION, 0);

	if (version < 0) {
		report("%s is no hypervisor: %s; name another by --device", path,
		       strerror(errno));
		return -ENOTTY;
	}
	if (version != KVM_API_VERSION) {
		report("%s speaks API version %d, not %d; load a matching module", path, version,
		       KVM_API_VERSION);
		return -EPROTO;
	}
	vm->run_size = ioctl(vm->system, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vm->run_size < (int)sizeof(struct kvm_run)) {
		report("%s answers no size of a vCPU's page", path);
		return -EPROTO;
	}
	return 0;
}

static int create_system(struct vm *vm)
{
	int error;

	vm->system = open(vm->options->device, O_RDWR | O_CLOEXEC);
	if (vm->system < 0)
		return report_no_device(vm->options->device, -errno);
	error = check_api(vm);
	if (error)
		close(vm->system);
	return error;
}

static void destroy_system(struct vm *vm)
{
	close(vm->system);
}

/* Machine type for the memory that is wanted: the number of bits of an address. */
static int choose_ipa_bits(const struct vm *vm, unsigned long *type)
{
	uint64_t memory = vm->options->memory, end = LAYOUT_RAM_BASE + memory;
	int most = ioctl(vm->system, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
	int limit = most > 0 ? most : IPA_BITS_DEFAULT;
	int bits = IPA_BITS_MIN;

	while (bits < 64 && (end - 1) >> bits)
		bits++;
	if (end < memory || bits > limit) {
		report("--memory %lluM is more than the %d address bits of %s; give %lluG or less",
		       (unsigned long long)(memory >> 20), limit, vm->options->device,
		       (unsigned long long)(((1ULL << limit) - LAYOUT_RAM_BASE) >> 30));
		return -E2BIG;
	}
	*type = most > 0 ? bits : 0;
	return 0;
}

const char *vm_refusal(int error, const char *limit)
{
	static char text[120];

	if (error != EDQUOT && error != ENOSPC)
		return strerror(error);
	snprintf(text, sizeof(text), "%s: /sys/module/peng/parameters/%s%s",
		 error == EDQUOT ? "you have as many as each user may" :
				   "the host has as many as it may",
		 limit, error == EDQUOT ? "_per_user" : "");
	return text;
}

static int create_vm(struct vm *vm)
{
	unsigned long type;
	int error = choose_ipa_bits(vm, &type);

	if (error)
		return error;
	vm->fd = ioctl(vm->system, KVM_CREATE_VM, type);
	if (vm->fd < 0) {
		report("%s cannot make a VM: %s", vm->options->device,
		       vm_refusal(errno, "max_vms"));
		return -errno;
	}
	return 0;
}

static void destroy_vm(struct vm *vm)
{
	close(vm->fd);
}

/*
 * For who watches. KVM knows no names, nor does peng in a network namespace of its
 * own: that is no reason not to start. A name that the module refuses is.
 */
static int name_vm(struct vm *vm)
{
	enum status status = STATUS_OK;
	struct client *client = NULL;
	struct vm_info self;
	const char *why;

	if (vm->options->name && client_try(&client, &why) == STATUS_OK &&
	    client_find_own(client, &self) == STATUS_OK)
		status = client_steer(client, PENG_CMD_VM_SET_NAME, &self, vm->options->name);
	client_close(client);
	return status == STATUS_OK ? 0 : -EINVAL;
}

/* Unlike a name, a limit that cannot be kept is a reason not to start. */
static int limit_vm(struct vm *vm)
{
	struct client *client = NULL;
	enum status status;
	struct vm_info self;

	if (!vm->options->quota)
		return 0;
	status = client_open(&client);
	if (status == STATUS_OK)
		status = client_find_own(client, &self);
	if (status == STATUS_OK)
		status = client_set_limits(client, &self, vm->options->quota, LIMIT_PERIOD);
	else if (status == STATUS_NO_VM)
		report("--cpu-limit needs a VM of peng; %s makes others", vm->options->device);
	client_close(client);
	return status == STATUS_OK ? 0 : -EINVAL;
}

static int create_memory(struct vm *vm)
{
	struct kvm_userspace_memory_region region = { 0 };
	int error = memory_create(&vm->memory, LAYOUT_RAM_BASE, vm->options->memory);

	if (error)
		return error;
	region.guest_phys_addr = vm->memory.base;
	region.memory_size = vm->memory.size;
	region.userspace_addr = (uintptr_t)vm->memory.host;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0) {
		error = -errno;
		report("%s refuses %llu MiB of memory: %s; give a smaller --memory",
		       vm->options->device, (unsigned long long)(vm->memory.size >> 20),
		       strerror(-error));
		memory_destroy(&vm->memory);
	}
	return error;
}

static void destroy_memory(struct vm *vm)
{
	memory_destroy(&vm->memory);
}

static void signal_terminated(struct signals *signals, int number)
{
	vm_end(container_of(signals, struct vm, signals), VM_SIGNALLED + number);
}

static void signal_resized(struct signals *signals)
{
	struct vm *vm = container_of(signals, struct vm, signals);

	if (vm->console)
		console_resize(vm->console);
}

static int create_loop(struct vm *vm)
{
	int error = loop_init(&vm->loop);

	if (!error) {
		vm->signals.terminated = signal_terminated;
		vm->signals.resized = signal_resized;
		error = signals_start(&vm->signals, &vm->loop);
		if (error)
			loop_destroy(&vm->loop);
	}
	if (error)
		report("cannot make the event loop: %s", strerror(-error));
	return error;
}

static void destroy_loop(struct vm *vm)
{
	signals_stop(&vm->signals);
	loop_destroy(&vm->loop);
}

static void destroy_vcpus(struct vm *vm)
{
	while (vm->vcpu_count)
		vcpu_destroy(&vm->vcpus[--vm->vcpu_count]);
	free(vm->vcpus);
}

static int create_vcpus(struct vm *vm)
{
	unsigned int wanted = vm->options->cpus;
	int most = vm_capability(vm, KVM_CAP_MAX_VCPUS);

	if (most > 0 && wanted > (unsigned int)most) {
		report("--cpus %u is more than %s has; give %d or less", wanted,
		       vm->options->device, most);
		return -E2BIG;
	}
	vm->vcpus = calloc(wanted, sizeof(vm->vcpus[0]));
	if (!vm->vcpus) {
		report("no memory for %u vCPUs", wanted);
		return -ENOMEM;
	}
	while (vm->vcpu_count < wanted) {
		int error = vcpu_create(&vm->vcpus[vm->vcpu_count], vm, vm->vcpu_count);

		if (error) {
			destroy_vcpus(vm);
			return error;
		}
		vm->vcpu_count++;
	}
	return 0;
}

static void term_quit(struct term *term)
{
	vm_end(container_of(term, struct vm, term), VM_QUIT);
}

static int create_term(struct vm *vm)
{
	vm->term.quit = term_quit;
	return term_open(&vm->term, &vm->loop, vm->options->console);
}

static void destroy_term(struct vm *vm)
{
	term_close(&vm->term);
}

static int create_serial(struct vm *vm)
{
	int error = serial_create(&vm->serial, vm);

	if (error)
		report("cannot make the UART: %s", strerror(-error));
	return error;
}

static void destroy_serial(struct vm *vm)
{
	serial_destroy(&vm->serial);
}

static int create_rtc(struct vm *vm)
{
	int error = rtc_create(&vm->rtc, vm);

	if (error)
		report("cannot make the clock: %s", strerror(-error));
	return error;
}

static void destroy_rtc(struct vm *vm)
{
	rtc_destroy(&vm->rtc);
}

static int create_gpio(struct vm *vm)
{
	int error = gpio_create(&vm->gpio, vm);

	if (error)
		report("cannot make the power key: %s", strerror(-error));
	return error;
}

static void destroy_gpio(struct vm *vm)
{
	gpio_destroy(&vm->gpio);
}

static int create_io_loop(struct vm *vm)
{
	int error = loop_init(&vm->io_loop);

	if (error)
		report("cannot make the device loop: %s", strerror(-error));
	return error;
}

static void destroy_io_loop(struct vm *vm)
{
	loop_destroy(&vm->io_loop);
}

static int start_io_loop(struct vm *vm)
{
	int error = loop_start(&vm->io_loop, "virtio", loop_run);

	if (error)
		report("cannot start the device thread: %s", strerror(-error));
	return error;
}

static void stop_io_loop(struct vm *vm)
{
	loop_join(&vm->io_loop);
}

int vm_add_virtio(struct vm *vm, struct virtio_dev *dev)
{
	if (!dev)
		return -EIO;
	vm->virtio[vm->virtio_count++] = dev;
	return 0;
}

static void destroy_virtio(struct vm *vm)
{
	while (vm->virtio_count) {
		struct virtio_dev *dev = vm->virtio[--vm->virtio_count];

		dev->ops->destroy(dev);
	}
}

static int add_all_virtio(struct vm *vm)
{
	const struct options *options = vm->options;
	int error = disks_create(vm);

	if (!error && options->net != OPTIONS_NET_NONE)
		error = vm_add_virtio(vm, net_create(vm));
	if (!error)
		error = vm_add_virtio(vm, rng_create(vm));
	if (!error) {
		vm->console = console_create(vm);
		error = vm_add_virtio(vm, vm->console);
	}
	if (!error) {
		vm->balloon = balloon_create(vm);
		error = vm_add_virtio(vm, vm->balloon);
	}
	if (!error) {
		vm->scsi = scsi_create(vm);
		error = vm_add_virtio(vm, vm->scsi);
	}
	if (!error && vm->place)
		error = vm_add_virtio(vm, agent_create(vm, vm->place->agent));
	return error;
}

static int create_virtio(struct vm *vm)
{
	int error = add_all_virtio(vm);

	if (error)
		destroy_virtio(vm);
	return error;
}

static int load_images(struct vm *vm)
{
	struct loaded loaded;
	int error = loader_load(vm->options, &vm->memory, &loaded);

	if (!error)
		error = fdt_build(vm, &loaded);
	if (!error)
		error = vcpu_set_boot(&vm->vcpus[0], loaded.entry, loaded.dtb);
	return error;
}

static bool last_console_is_hvc(const char *append)
{
	const char *last = NULL, *at = append;

	while ((at = strstr(at, "console="))) {
		if (at == append || at[-1] == ' ')
			last = at;
		at++;
	}
	return last && !strncmp(last, "console=hvc", strlen("console=hvc"));
}

static int start_input(struct vm *vm)
{
	struct term_sink *sink = &vm->serial.sink;
	int error;

	/* /dev/console is the last one of the command line: input goes there. */
	if (last_console_is_hvc(vm->options->append))
		sink = console_sink(vm->console);
	error = term_start(&vm->term, sink);
	if (error)
		report("cannot read from the terminal: %s", strerror(-error));
	return error;
}

static void stop_vcpus(struct vm *vm)
{
	/* First all at once, so that none goes on for long while others are joined. */
	atomic_store(&vm->ended, true);
	for (unsigned int i = 0; i < vm->vcpu_count; i++)
		vcpu_stop(&vm->vcpus[i]);
}

static int start_vcpus(struct vm *vm)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < vm->vcpu_count; i++)
		error = vcpu_start(&vm->vcpus[i]);
	if (error)
		stop_vcpus(vm);
	return error;
}

static int tell_started(struct vm *vm)
{
	if (vm->place)
		vm->place->started(vm->place);
	return 0;
}

static int start_pmus(struct vm *vm)
{
	int error = 0;

	for (unsigned int i = 0; i < vm->vcpu_count && !error; i++)
		error = vcpu_start_pmu(&vm->vcpus[i]);
	return error;
}

/* In the order of creation; destroyed backwards. */
static const struct vm_part {
	int (*create)(struct vm *vm);
	void (*destroy)(struct vm *vm);
} parts[] = {
	{ create_system, destroy_system },
	{ create_vm, destroy_vm },
	{ name_vm, NULL },
	{ limit_vm, NULL },
	{ features_choose, NULL },
	{ create_memory, destroy_memory },
	{ create_loop, destroy_loop },
	{ control_create, control_destroy },
	{ gic_create, gic_destroy },
	{ create_vcpus, destroy_vcpus },
	{ gic_start, NULL },
	{ start_pmus, NULL },
	{ create_term, destroy_term },
	{ create_serial, destroy_serial },
	{ create_rtc, destroy_rtc },
	{ create_gpio, destroy_gpio },
	{ create_io_loop, destroy_io_loop },
	{ create_virtio, destroy_virtio },
	{ start_io_loop, stop_io_loop },
	{ load_images, NULL },
	{ start_input, NULL },
	{ start_vcpus, stop_vcpus },
	{ tell_started, NULL },
};

static void run_to_end(struct vm *vm)
{
	int status;

	loop_run(&vm->loop);
	status = atomic_load(&vm->status);
	if (status >= VM_QUIT) {
		term_hurry(&vm->term);
	} else {
		/* Whoever reads the output may take his time, but not for ever. */
		term_restore();
		signals_release();
	}
}

int vm_run(struct options *options, const struct vm_place *place)
{
	struct vm vm = { .options = options, .place = place };
	size_t made = 0;

	atomic_init(&vm.status, VM_FAILED);
	while (made < ARRAY_SIZE(parts) && !parts[made].create(&vm))
		made++;
	if (made == ARRAY_SIZE(parts))
		run_to_end(&vm);
	while (made--)
		if (parts[made].destroy)
			parts[made].destroy(&vm);
	return atomic_load(&vm.status);
}
