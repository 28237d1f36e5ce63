// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that every file descriptor keeps alive what it needs: a vCPU runs on
 * after the VM's, the device's and the node's descriptors are closed, in every
 * order; another process can neither run a VM nor end it by exiting; and
 * descriptors travel over sockets.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "kselftest_harness.h"
#include "vm.h"

static void guest_syncs(u64 arg)
{
	guest_sync(1);
	guest_sync(2);
}

/* Which descriptors are closed, one after the other, between two runs. */
static int *descriptor(struct vm *vm, char name)
{
	switch (name) {
	case 'd':
		return &vm->dev;
	case 'v':
		return &vm->fd;
	case 'g':
		return &vm->gic;
	default:
		return &vm->vcpu[1].fd;
	}
}

static void close_in_order(const char *order)
{
	struct vm vm;

	vm_init(&vm, 2, guest_syncs);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	for (; *order; order++)
		CHECK_FD(close(*descriptor(&vm, *order)));
	vcpu_expect_sync(&vm.vcpu[0], 2);
	vcpu_finish(&vm.vcpu[0]);
	close(vm.vcpu[0].fd);
}

TEST(vcpu_runs_after_all_others_closed)
{
	static const char * const orders[] = {
		"dvgc", "vdgc", "gcvd", "cgdv", "vgcd", "cdvg",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			close_in_order(orders[i]);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		EXPECT_EQ(0, status) TH_LOG("order %s", orders[i]);
	}
}

TEST(vm_fd_works_after_vcpu_closed)
{
	struct vm vm;

	vm_init(&vm, 2, guest_syncs);
	close(vm.vcpu[0].fd);
	close(vm.vcpu[1].fd);
	EXPECT_EQ(0, vm_irq_line(&vm, 40, 1));
	EXPECT_EQ(0, vm_set_slot(&vm, VM_SLOT_FREE, 0, 0x70000000, 0x10000, (void *)vm.ram));
}

TEST(mapping_keeps_nothing_usable)
{
	struct vm vm;

	vm_init(&vm, 1, guest_syncs);
	close(vm.vcpu[0].fd);
	close(vm.gic);
	close(vm.fd);
	close(vm.dev);
	/* The page is still there, and only that. */
	vm.vcpu[0].run->immediate_exit = 1;
	EXPECT_EQ(1, vm.vcpu[0].run->immediate_exit);
	EXPECT_EQ(EBADF, ERRNO(ioctl(vm.vcpu[0].fd, KVM_RUN, 0)));
}

/* A VM belongs to the process that made it: elsewhere its ioctls say EIO. */
TEST(another_process_cannot_use_it)
{
	struct vm vm;
	int status;
	pid_t pid;

	vm_init(&vm, 1, guest_syncs);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	pid = fork();
	if (!pid) {
		int bad = ERRNO(ioctl(vm.vcpu[0].fd, KVM_RUN, 0)) != EIO;

		bad |= (ERRNO(ioctl(vm.fd, KVM_CREATE_VCPU, 9)) != EIO) << 1;
		bad |= (ERRNO(vm_irq_line(&vm, 40, 1)) != EIO) << 2;
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, WEXITSTATUS(status));
	/* The child's exit has ended nothing here. */
	vcpu_expect_sync(&vm.vcpu[0], 2);
	vcpu_finish(&vm.vcpu[0]);
}

/* The child holds the last descriptors of a VM whose process is gone. */
TEST(descriptors_outlive_the_process)
{
	int status, pipefd[2];
	pid_t pid;
	char byte;

	ASSERT_EQ(0, pipe(pipefd));
	pid = fork();
	if (!pid) {
		struct vm vm;

		vm_init(&vm, 2, guest_syncs);
		vcpu_expect_sync(&vm.vcpu[0], 1);
		if (fork())
			_exit(0);
		usleep(50000);
		_exit(write(pipefd[1], "x", 1) != 1);
	}
	close(pipefd[1]);
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, read(pipefd[0], &byte, 1));
	EXPECT_EQ(0, read(pipefd[0], &byte, 1)) TH_LOG("the last holder is gone");
}

static void send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'f';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(cmsg) = fd;
	CHECK_FD(sendmsg(sock, &msg, 0));
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	CHECK_FD(recvmsg(sock, &msg, 0));
	return *(int *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
}

TEST(travels_over_a_socket)
{
	int socks[2];
	struct vm vm;

	vm_init(&vm, 1, guest_syncs);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	send_fd(socks[0], vm.vcpu[0].fd);
	close(vm.vcpu[0].fd);
	close(vm.fd);
	vm.vcpu[0].fd = receive_fd(socks[1]);
	vcpu_expect_sync(&vm.vcpu[0], 1);
	/* In flight, and then nobody's: it is freed with the socket. */
	send_fd(socks[0], vm.vcpu[0].fd);
	close(vm.vcpu[0].fd);
	close(socks[0]);
	close(socks[1]);
}

TEST(many_vms)
{
	struct vm vm;
	int i;

	for (i = 0; i < 200; i++) {
		vm_open(&vm, 0);
		vm_add_vcpu(&vm);
		vm_add_vcpu(&vm);
		ASSERT_EQ(0, vm_create_gic(&vm));
		vm_destroy(&vm);
	}
}

/* More at a time than an allocator of 8 bits has numbers for. */
TEST(many_vms_at_once)
{
	struct vm vms[300];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vms); i++)
		vm_open(&vms[i], 0);
	for (i = 0; i < ARRAY_SIZE(vms); i++)
		vm_destroy(&vms[i]);
}

TEST_HARNESS_MAIN
