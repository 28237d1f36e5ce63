// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the virtio devices survive a hostile driver: registers written
 * in any order and width, rings and requests of any content, resets in the
 * midst of work. The devices are the real ones with their threads; what is
 * beyond them (interrupts, terminal, network, io_uring) is replaced here. A
 * read-only disk must come out of it as it was, and a good driver must be
 * served afterwards.
 */
#include "test.h"
#include "../vmm/layout.h"
#include "../vmm/thread.h"
#include "../vmm/util.h"
#include "../vmm/vm.h"
#include "../vmm/virtio/blk_io.h"
#include "../vmm/virtio/net.h"
#include "../vmm/virtio/scsi.h"
#include "../vmm/virtio/virtio.h"

#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_console.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_scsi.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BASE 0x40000000UL
#define SIZE 0x80000UL
/* Behind the rings of all devices. */
#define BUFFERS 0x40000UL
#define DISK_SIZE 0x40000
#define ROUNDS 100
#define STEPS 400

static struct vm vm;
/* Number of the agent's channel among the devices. */
static unsigned int agent;
static volatile uint8_t sunk;

/* Let the sanitizer see every byte that a device hands on. */
static void touch(const struct iovec *iov, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		for (size_t j = 0; j < iov[i].iov_len; j += 61)
			sunk = ((uint8_t *)iov[i].iov_base)[j];
}

int gic_edge_create(struct gic_edge *edge, struct vm *owner, unsigned int spi)
{
	edge->vm = owner;
	edge->spi = spi;
	edge->eventfd = -1;
	return 0;
}

void gic_edge_raise(struct gic_edge *edge)
{
	CHECK(edge->vm == &vm);
}

void gic_edge_destroy(struct gic_edge *edge)
{
	(void)edge;
}

int vm_add_notifier(struct vm *owner, int eventfd, gpa_t gpa, uint32_t value)
{
	(void)owner;
	(void)eventfd;
	(void)gpa;
	(void)value;
	return -ENOSYS;
}

void term_write(struct term *term, const uint8_t *data, size_t size)
{
	const struct iovec iov = { (void *)data, size };

	(void)term;
	touch(&iov, 1);
}

void term_resume(struct term *term)
{
	(void)term;
}

bool term_size(const struct term *term, struct winsize *size)
{
	(void)term;
	*size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	return true;
}

static struct blk_io *no_uring(int file, int done)
{
	(void)file;
	(void)done;
	return NULL;
}

const struct blk_io_ops blk_uring_ops = { .create = no_uring };

static struct net_link fake_link;

static struct net_link *link_create(struct net *net, const char *target)
{
	(void)target;
	fake_link = (struct net_link){ &net_slirp_ops, net };
	return &fake_link;
}

static void link_receive(struct net_link *link)
{
	struct virtq *queue = &link->net->dev.queues[NET_RECEIVE];
	struct virtq_chain *chain = &link->net->receive;
	uint8_t frame[100] = { 0 };

	while (virtq_pop(queue, chain))
		virtq_push(queue, chain->head,
			   virtq_chain_write(chain, 0, frame, sizeof(frame)));
}

/* A frame comes back, as from an answering network. */
static void link_transmit(struct net_link *link, const struct virtq_chain *chain)
{
	touch(chain->iov, chain->out_count);
	link_receive(link);
}

static void link_destroy(struct net_link *link)
{
	(void)link;
}

const struct net_link_ops net_slirp_ops = {
	.create = link_create,
	.transmit = link_transmit,
	.receive = link_receive,
	.run = loop_run,
	.destroy = link_destroy,
};
const struct net_link_ops net_tap_ops;

static void write_reg(unsigned int device, uint32_t offset, uint32_t value)
{
	bus_write(&vm.bus, LAYOUT_VIRTIO_BASE + device * LAYOUT_VIRTIO_STRIDE + offset, 4, value);
}

static uint32_t read_reg(unsigned int device, uint32_t offset)
{
	return bus_read(&vm.bus, LAYOUT_VIRTIO_BASE + device * LAYOUT_VIRTIO_STRIDE + offset, 4);
}

/* Rings of queue @queue of device @device: 4 KiB of descriptors, 2 KiB for each ring. */
static gpa_t rings(unsigned int device, unsigned int queue)
{
	return BASE + (device * VIRTIO_MAX_QUEUES + queue) * 0x2000;
}

static void set_up_queue(unsigned int device, unsigned int queue, uint32_t size)
{
	write_reg(device, VIRTIO_MMIO_QUEUE_SEL, queue);
	write_reg(device, VIRTIO_MMIO_QUEUE_NUM, size);
	write_reg(device, VIRTIO_MMIO_QUEUE_DESC_LOW, rings(device, queue));
	write_reg(device, VIRTIO_MMIO_QUEUE_DESC_HIGH, 0);
	write_reg(device, VIRTIO_MMIO_QUEUE_AVAIL_LOW, rings(device, queue) + 0x1000);
	write_reg(device, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 0);
	write_reg(device, VIRTIO_MMIO_QUEUE_USED_LOW, rings(device, queue) + 0x1800);
	write_reg(device, VIRTIO_MMIO_QUEUE_USED_HIGH, 0);
	write_reg(device, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void set_up(unsigned int device, uint32_t queue_size, uint32_t features)
{
	uint32_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	write_reg(device, VIRTIO_MMIO_STATUS, 0);
	write_reg(device, VIRTIO_MMIO_STATUS, status);
	write_reg(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	write_reg(device, VIRTIO_MMIO_DRIVER_FEATURES, features);
	write_reg(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	write_reg(device, VIRTIO_MMIO_DRIVER_FEATURES, 1);
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	write_reg(device, VIRTIO_MMIO_STATUS, status);
	for (unsigned int i = 0; i < vm.virtio[device]->ops->queue_count; i++)
		set_up_queue(device, i, queue_size);
	write_reg(device, VIRTIO_MMIO_STATUS, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Headers of disk requests where the buffers are. */
static void spoil_buffers(void)
{
	for (unsigned int i = 0; i < 0x1f0; i++) {
		struct virtio_blk_outhdr *header = (void *)(vm.memory.host + BUFFERS + 0x100 * i);

		header->type = test_below(16);
		header->sector = test_below(DISK_SIZE / 512 + 8);
	}
}

/* A chain that is good by itself: header, data either way, status. */
static void make_chain(struct vring_desc *descs, unsigned int head, size_t status)
{
	static const uint32_t lengths[] = { 512, 4096, 16, 1, 32, 65536 };
	unsigned int out = test_below(3), in = test_below(3), count = out + in + 2;

	for (unsigned int i = 0; i < count; i++) {
		struct vring_desc *desc = &descs[(head + i) % 256];

		desc->addr = BASE + BUFFERS + 0x100 * test_below(0xf0);
		desc->len = lengths[test_below(ARRAY_SIZE(lengths))];
		desc->flags = (i > out ? VRING_DESC_F_WRITE : 0) |
			      (i + 1 < count ? VRING_DESC_F_NEXT : 0);
		desc->next = (head + i + 1) % 256;
	}
	descs[head].len = 16;
	descs[(head + count - 1) % 256].len = status;
}

static void spoil_desc(struct vring_desc *desc)
{
	for (size_t i = 0; i < sizeof(*desc); i++)
		((uint8_t *)desc)[i] = test_random();
}

/* To a disk that there is, most times, one of the commands that there are. */
static void make_command(struct vring_desc *desc)
{
	static const uint8_t codes[] = { 0x00, 0x03, 0x12, 0x1a, 0x1b, 0x25, 0x28, 0x2a, 0x2a, 0x35,
					 0x5a, 0x88, 0x8a, 0x91, 0x9e, 0xa0, 0x42 };
	struct virtio_scsi_cmd_req *request = (void *)(vm.memory.host + (desc->addr - BASE));

	desc->len = sizeof(*request);
	for (size_t i = 0; i < sizeof(*request); i++)
		((uint8_t *)request)[i] = test_below(4) ? 0 : test_random();
	request->lun[0] = test_below(20) ? 1 : test_random();
	request->lun[1] = test_below(3);
	request->lun[2] = 0x40;
	request->lun[3] = !test_below(20);
	request->cdb[0] = codes[test_below(ARRAY_SIZE(codes))];
	request->cdb[1] = test_below(3) ? 0x10 : test_below(4);
	request->cdb[2] = test_below(4) ? 0 : test_random();
	/* A few sectors near the begin, more often than chance has it. */
	if (test_below(4)) {
		memset(request->cdb + 2, 0, 6);
		request->cdb[5] = test_below(64);
		request->cdb[8] = test_below(4);
	}
}

/* One of the things that a driver of consoles says, of a port that there is or not. */
static void make_control(struct vring_desc *desc)
{
	struct virtio_console_control *control = (void *)(vm.memory.host + (desc->addr - BASE));

	desc->len = sizeof(*control);
	*control = (struct virtio_console_control){
		.id = test_below(2),
		.event = test_below(8),
		.value = test_below(4),
	};
}

static bool takes_commands(unsigned int device, unsigned int queue)
{
	return vm.virtio[device] == vm.scsi && queue == 2;
}

static void make_requests(unsigned int device, unsigned int queue)
{
	uint8_t *at = vm.memory.host + (rings(device, queue) - BASE);
	struct vring_desc *descs = (struct vring_desc *)at;
	struct vring_avail *avail = (void *)(at + 0x1000);

	for (unsigned int count = test_below(8); count; count--) {
		unsigned int head = test_below(256);

		if (takes_commands(device, queue)) {
			make_chain(descs, head, sizeof(struct virtio_scsi_cmd_resp));
			make_command(&descs[head]);
		} else {
			make_chain(descs, head, 1);
		}
		if (device == agent && queue == 3)
			make_control(&descs[head]);
		if (!test_below(100))
			spoil_desc(&descs[test_below(256)]);
		if (!test_below(500))
			head = test_random();
		avail->ring[avail->idx % 256] = head;
		avail->idx += test_below(500) ? 1 : test_random();
	}
	write_reg(device, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

static void any_access(unsigned int device)
{
	gpa_t gpa = LAYOUT_VIRTIO_BASE + device * LAYOUT_VIRTIO_STRIDE;
	unsigned int length = 1 << test_below(4);

	gpa += test_below(2) ? test_below(LAYOUT_VIRTIO_SIZE) : 4 * test_below(64);
	if (test_below(2))
		bus_read(&vm.bus, gpa, length);
	else
		bus_write(&vm.bus, gpa, length, test_below(2) ? test_random() : test_below(16));
}

/* A driver that begins as it should, with any of the features it is offered. */
static void start_over(unsigned int device)
{
	struct vring_avail *avail;

	write_reg(device, VIRTIO_MMIO_STATUS, 0);
	for (unsigned int i = 0; i < vm.virtio[device]->ops->queue_count; i++) {
		avail = (void *)(vm.memory.host + (rings(device, i) - BASE) + 0x1000);
		avail->idx = 0;
	}
	write_reg(device, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	set_up(device, 256, test_random() & read_reg(device, VIRTIO_MMIO_DEVICE_FEATURES));
}

/* Of the agent's channel: where one connects, and the far end. */
static struct sockaddr_un agent_address;
static socklen_t agent_address_size;
static int agent_listener, far_end;

static int listen_for_agent(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* The kernel chooses a name. */
	agent_address.sun_family = AF_UNIX;
	CHECK(!bind(fd, (struct sockaddr *)&agent_address, sizeof(sa_family_t)));
	agent_address_size = sizeof(agent_address);
	CHECK(!getsockname(fd, (struct sockaddr *)&agent_address, &agent_address_size));
	CHECK(!listen(fd, 8));
	return fd;
}

static int connect_agent(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_sec = 5 };

	CHECK(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	CHECK(!connect(fd, (struct sockaddr *)&agent_address, agent_address_size));
	return fd;
}

/* The next one waits while the other has the channel. */
static void reconnect(void)
{
	int next = connect_agent();

	close(far_end);
	far_end = next;
}

static void use_far_end(void)
{
	char data[8192] = { 0 };

	while (recv(far_end, data, sizeof(data), MSG_DONTWAIT) > 0)
		sunk = data[0];
	send(far_end, data, test_below(sizeof(data)), MSG_DONTWAIT);
	if (!test_below(8))
		reconnect();
}

static void hostile_step(void)
{
	unsigned int device = test_below(vm.virtio_count);
	static const uint32_t sizes[] = { 256, 128, 1, 16 };
	unsigned int queues = vm.virtio[device]->ops->queue_count;

	switch (test_below(40)) {
	case 0:
		set_up(device, sizes[test_below(ARRAY_SIZE(sizes))], test_random());
		break;
	case 10 ... 12:
		start_over(device);
		break;
	case 1:
		write_reg(device, VIRTIO_MMIO_STATUS, 0);
		break;
	case 2 ... 4:
		any_access(device);
		break;
	case 5:
		use_far_end();
		break;
	default:
		make_requests(device, test_below(queues));
	}
}

static int make_disk(uint8_t fill)
{
	uint8_t data[DISK_SIZE];
	int file = memfd_create("disk", MFD_CLOEXEC);

	memset(data, fill, sizeof(data));
	CHECK(write(file, data, sizeof(data)) == sizeof(data));
	return file;
}

static void add(struct virtio_dev *dev)
{
	CHECK(dev);
	vm.virtio[vm.virtio_count++] = dev;
}

enum { READ_ONLY_DISK, DISK, READ_ONLY_ATTACHED, ATTACHED };

static int files[4];

/* The name is freed with the options of a machine, and here by nobody. */
static struct options_disk new_disk(unsigned int i)
{
	static char paths[ARRAY_SIZE(files)][32];

	files[i] = make_disk(0x5a);
	snprintf(paths[i], sizeof(paths[i]), "/proc/self/fd/%d", files[i]);
	return (struct options_disk){ paths[i], i == READ_ONLY_DISK || i == READ_ONLY_ATTACHED };
}

static void start_devices(void)
{
	static struct options options = { .net = OPTIONS_NET_USER };

	vm.options = &options;
	CHECK(!posix_memalign((void **)&vm.memory.host, 4096, SIZE));
	memset(vm.memory.host, 0, SIZE);
	vm.memory.base = BASE;
	vm.memory.size = SIZE;
	CHECK(!loop_init(&vm.loop) && !loop_init(&vm.io_loop));
	for (unsigned int i = READ_ONLY_DISK; i <= DISK; i++) {
		struct options_disk disk = new_disk(i);

		add(blk_create(&vm, &disk, i));
	}
	options.attached[0] = new_disk(READ_ONLY_ATTACHED);
	options.attached[1] = new_disk(ATTACHED);
	vm.scsi = scsi_create(&vm);
	add(vm.scsi);
	add(net_create(&vm));
	add(rng_create(&vm));
	add(console_create(&vm));
	agent = vm.virtio_count;
	agent_listener = listen_for_agent();
	add(agent_create(&vm, agent_listener));
	far_end = connect_agent();
	vm.balloon = balloon_create(&vm);
	add(vm.balloon);
	CHECK(rings(vm.virtio_count, 0) <= BASE + BUFFERS);
	CHECK(!loop_start(&vm.io_loop, "virtio", loop_run));
}

static void stop_devices(void)
{
	loop_join(&vm.io_loop);
	while (vm.virtio_count) {
		struct virtio_dev *dev = vm.virtio[--vm.virtio_count];

		dev->ops->destroy(dev);
	}
	loop_destroy(&vm.io_loop);
	loop_destroy(&vm.loop);
	close(far_end);
	close(agent_listener);
	free(vm.memory.host);
}

static void survives_a_hostile_driver(void)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (unsigned int device = 0; device < vm.virtio_count; device++)
			start_over(device);
		spoil_buffers();
		for (unsigned int step = 0; step < STEPS; step++)
			hostile_step();
	}
}

static bool is_written(int file)
{
	uint8_t data[DISK_SIZE];

	CHECK(pread(file, data, sizeof(data), 0) == sizeof(data));
	for (size_t i = 0; i < sizeof(data); i++)
		if (data[i] != 0x5a)
			return true;
	return false;
}

static void did_not_write_read_only(void)
{
	CHECK(!is_written(files[READ_ONLY_DISK]));
	CHECK(!is_written(files[READ_ONLY_ATTACHED]));
	CHECK(is_written(files[ATTACHED]));
}

/* Write one sector, as a driver does, and wait for it. */
static void serves_a_good_driver(void)
{
	uint8_t *at = vm.memory.host + (rings(DISK, 0) - BASE), *data = vm.memory.host + BUFFERS + 0x1000;
	struct virtio_blk_outhdr *header = (void *)(vm.memory.host + BUFFERS);
	uint8_t *status = vm.memory.host + BUFFERS + 0x2000, back[512];
	struct vring_avail *avail = (void *)(at + 0x1000);
	struct vring_used *used = (void *)(at + 0x1800);
	struct vring_desc *descs = (void *)at;

	write_reg(DISK, VIRTIO_MMIO_STATUS, 0);
	memset(vm.memory.host, 0, SIZE);
	*header = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_OUT, .sector = 7 };
	memset(data, 0xa5, 512);
	*status = 0xff;
	descs[0] = (struct vring_desc){ BASE + BUFFERS, 16, VRING_DESC_F_NEXT, 1 };
	descs[1] = (struct vring_desc){ BASE + BUFFERS + 0x1000, 512, VRING_DESC_F_NEXT, 2 };
	descs[2] = (struct vring_desc){ BASE + BUFFERS + 0x2000, 1, VRING_DESC_F_WRITE, 0 };
	set_up(DISK, 16, 0);
	__atomic_store_n(&avail->idx, 1, __ATOMIC_RELEASE);
	write_reg(DISK, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	for (unsigned int i = 0; i < 5000 && !__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE); i++)
		usleep(1000);
	CHECK(used->idx == 1 && used->ring[0].id == 0 && *status == VIRTIO_BLK_S_OK);
	CHECK(pread(files[DISK], back, sizeof(back), 7 * 512) == sizeof(back));
	CHECK(!memcmp(back, data, sizeof(back)));
	CHECK(read_reg(DISK, VIRTIO_MMIO_INTERRUPT_STATUS) == VIRTIO_MMIO_INT_VRING);
}

/* One buffer at a time, a page for each queue of the agent's channel. */
static uint8_t *agent_buffer(unsigned int queue)
{
	return vm.memory.host + BUFFERS + 0x1000 * queue;
}

static void give(unsigned int queue, uint32_t size, uint16_t flags)
{
	uint8_t *at = vm.memory.host + (rings(agent, queue) - BASE);
	struct vring_avail *avail = (void *)(at + 0x1000);

	((struct vring_desc *)at)[0] = (struct vring_desc){ BASE + BUFFERS + 0x1000 * queue, size,
							    flags, 0 };
	__atomic_store_n(&avail->idx, avail->idx + 1, __ATOMIC_RELEASE);
	write_reg(agent, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

/* Return: how much the device wrote to it. */
static uint32_t take_back(unsigned int queue)
{
	uint8_t *at = vm.memory.host + (rings(agent, queue) - BASE);
	struct vring_avail *avail = (void *)(at + 0x1000);
	struct vring_used *used = (void *)(at + 0x1800);

	for (unsigned int i = 0;
	     i < 5000 && __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) != avail->idx; i++)
		usleep(1000);
	CHECK(used->idx == avail->idx);
	return used->ring[(used->idx - 1) % 16].len;
}

static void say_ready(uint16_t event)
{
	*(struct virtio_console_control *)agent_buffer(3) =
		(struct virtio_console_control){ .event = event, .value = 1 };
	give(3, sizeof(struct virtio_console_control), 0);
	CHECK(take_back(3) == 0);
}

static void is_told(uint16_t event, const char *text)
{
	struct virtio_console_control *control = (void *)agent_buffer(2);

	give(2, 256, VRING_DESC_F_WRITE);
	CHECK(take_back(2) == sizeof(*control) + strlen(text));
	CHECK(control->id == 0 && control->event == event && control->value == 1);
	CHECK(!memcmp(control + 1, text, strlen(text)));
}

/* The driver gets to know the port, and its agent and who is connected speak. */
static void carries_what_the_agent_says(void)
{
	char said[8] = "";

	reconnect();
	write_reg(agent, VIRTIO_MMIO_STATUS, 0);
	memset(vm.memory.host, 0, SIZE);
	set_up(agent, 16, 1 << VIRTIO_CONSOLE_F_MULTIPORT);
	CHECK(read_reg(agent, VIRTIO_MMIO_CONFIG + 4) == 1);
	say_ready(VIRTIO_CONSOLE_DEVICE_READY);
	is_told(VIRTIO_CONSOLE_PORT_ADD, "");
	say_ready(VIRTIO_CONSOLE_PORT_READY);
	is_told(VIRTIO_CONSOLE_PORT_NAME, "org.qemu.guest_agent.0");
	is_told(VIRTIO_CONSOLE_PORT_OPEN, "");
	say_ready(VIRTIO_CONSOLE_PORT_READY);
	give(0, 4096, VRING_DESC_F_WRITE);
	CHECK(send(far_end, "asked", 5, 0) == 5);
	CHECK(take_back(0) == 5 && !memcmp(agent_buffer(0), "asked", 5));
	memcpy(agent_buffer(1), "answer", 6);
	give(1, 6, 0);
	CHECK(take_back(1) == 0);
	CHECK(recv(far_end, said, 6, MSG_WAITALL) == 6 && !memcmp(said, "answer", 6));
}

/* Numbers of pages that the guest has, has not, and has twice; then it is told. */
static void takes_pages_of_the_guest_alone(void)
{
	unsigned int device = vm.virtio_count - 1;
	uint8_t *at = vm.memory.host + (rings(device, 0) - BASE);
	uint32_t *pages = (void *)(vm.memory.host + BUFFERS), page = BUFFERS >> 12;
	struct vring_avail *avail = (void *)(at + 0x1000);
	struct vring_used *used = (void *)(at + 0x1800);
	uint32_t config = VIRTIO_MMIO_CONFIG;

	write_reg(device, VIRTIO_MMIO_STATUS, 0);
	memset(vm.memory.host, 0x5a, SIZE);
	memset(at, 0, 0x2000);
	page += BASE >> 12;
	memcpy(pages, (uint32_t[]){ page + 3, page + 2, 0, UINT32_MAX, page + 3, page + 5 }, 24);
	((struct vring_desc *)at)[0] = (struct vring_desc){ BASE + BUFFERS, 24, 0, 0 };
	set_up(device, 16, 0);
	__atomic_store_n(&avail->idx, 1, __ATOMIC_RELEASE);
	write_reg(device, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	for (unsigned int i = 0; i < 5000 && !__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE); i++)
		usleep(1000);
	for (unsigned int i = 1; i < 8; i++)
		CHECK(vm.memory.host[BUFFERS + 0x1000 * i] ==
		      (i == 2 || i == 3 || i == 5 ? 0 : 0x5a));
	balloon_keep(vm.balloon, SIZE - 0x3000);
	CHECK(read_reg(device, config) == 3);
	CHECK(read_reg(device, VIRTIO_MMIO_INTERRUPT_STATUS) & VIRTIO_MMIO_INT_CONFIG);
	write_reg(device, config + 4, 3);
	CHECK(balloon_state(vm.balloon).now == SIZE - 0x3000);
	write_reg(device, config + 4, UINT32_MAX);
	CHECK(balloon_state(vm.balloon).now == 0);
	write_reg(device, VIRTIO_MMIO_STATUS, 0);
	CHECK(balloon_state(vm.balloon).now == SIZE && !balloon_state(vm.balloon).driver);
}

int main(void)
{
	static const struct test_case cases[] = {
		{ "devices survive a hostile driver", survives_a_hostile_driver },
		{ "a good driver is served afterwards", serves_a_good_driver },
		{ "who is connected speaks with the agent", carries_what_the_agent_says },
		{ "the balloon takes what the guest gives", takes_pages_of_the_guest_alone },
		{ "a read-only disk was not written", did_not_write_read_only },
	};
	int result;

	test_thread_setup();
	start_devices();
	result = test_main(cases, ARRAY_SIZE(cases));
	stop_devices();
	return result;
}
