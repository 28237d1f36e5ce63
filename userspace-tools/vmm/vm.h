/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine of this process: what it is made of, how it is built, run
 * and ended. Parts are made in the order of vm_create() and destroyed in the
 * reverse one. Whatever ends the machine says so by vm_end(); the first reason
 * given is the one that `peng run` returns.
 */
#ifndef PENG_VMM_VM_H
#define PENG_VMM_VM_H

#include "bus.h"
#include "control.h"
#include "gic.h"
#include "gpio.h"
#include "loop.h"
#include "memory.h"
#include "options.h"
#include "rtc.h"
#include "serial.h"
#include "signals.h"
#include "term.h"
#include "vcpu.h"

#include <stdatomic.h>
#include <stdbool.h>

#define VM_MAX_VIRTIO (OPTIONS_MAX_DISKS + 6)

struct virtio_dev;

/**
 * enum vm_status - why the machine ended; exit status of `peng run`
 * @VM_POWERED_OFF: the guest powered itself off
 * @VM_FAILED: it could not be started, or the host failed it
 * @VM_USAGE: wrong command line
 * @VM_RESET: the guest asked for a reset
 * @VM_CRASHED: the guest said that it crashed, or did what cannot go on
 * @VM_QUIT: the user left by Ctrl-A x
 * @VM_SIGNALLED: plus the number of the signal that ended it
 */
enum vm_status {
	VM_POWERED_OFF = 0,
	VM_FAILED = 1,
	VM_USAGE = 2,
	VM_RESET = 3,
	VM_CRASHED = 4,
	VM_QUIT = 5,
	VM_SIGNALLED = 128,
};

/**
 * struct vm_place - what a machine has around it that runs in the background
 * @control: socket that listens for commands
 * @agent: socket that listens for who speaks with the guest's agent
 * @started: called when all vCPUs have been started, in the main thread
 */
struct vm_place {
	int control;
	int agent;
	void (*started)(const struct vm_place *place);
};

/**
 * struct vm - a virtual machine
 * @options: what it is to be; what is changed while it runs, is changed there, and
 *	so outlives the guest's resets
 * @place: where it runs; NULL for a terminal
 * @system: fd of the hypervisor's device node
 * @fd: fd of the VM
 * @features: what its vCPUs have, of features.c
 * @memory: guest memory
 * @bus: MMIO windows
 * @gic: interrupt controller
 * @loop: main thread's events: signals, terminal, UART, RTC
 * @control: channel for commands
 * @signals: signals that the main thread takes
 * @term: where the console is
 * @serial: PL011
 * @rtc: PL031
 * @gpio: PL061 with the power key
 * @io_loop: events of the virtio devices that have no thread of their own
 * @virtio: virtio devices, in the order of their windows
 * @virtio_count: how many
 * @console: the one of them that is the virtio console, or NULL
 * @balloon: the one that is the balloon
 * @scsi: the one that disks are attached to
 * @vcpus: vCPUs
 * @vcpu_count: how many of them exist
 * @run_size: size of a vCPU's shared page
 * @status: why it ended; valid once @ended
 * @ended: vm_end() was called
 */
struct vm {
	struct options *options;
	const struct vm_place *place;
	int system;
	int fd;
	uint32_t features;
	struct memory memory;
	struct bus bus;
	struct gic gic;
	struct loop loop;
	struct control control;
	struct signals signals;
	struct term term;
	struct serial serial;
	struct rtc rtc;
	struct gpio gpio;
	struct loop io_loop;
	struct virtio_dev *virtio[VM_MAX_VIRTIO];
	unsigned int virtio_count;
	struct virtio_dev *console;
	struct virtio_dev *balloon;
	struct virtio_dev *scsi;
	struct vcpu *vcpus;
	unsigned int vcpu_count;
	int run_size;
	atomic_int status;
	atomic_bool ended;
};

/**
 * vm_run() - build a machine, run it to its end, and take it apart
 * @options: what it is to be; see struct vm
 * @place: where it runs; NULL for a terminal
 *
 * Context: main thread, after thread_setup(), which is to be called again before
 * another machine is run.
 * Return: an enum vm_status, or VM_SIGNALLED plus a signal's number.
 */
int vm_run(struct options *options, const struct vm_place *place);

/** vm_end() - end the machine; any thread. Only the first reason counts: whether it was. */
bool vm_end(struct vm *vm, int status);

/** vm_capability() - the VM's answer to KVM_CHECK_EXTENSION; 0 for unknown. */
int vm_capability(const struct vm *vm, unsigned int capability);

/** vm_add_virtio() - the next virtio device; NULL is one that failed. Return: 0 or -errno. */
int vm_add_virtio(struct vm *vm, struct virtio_dev *dev);

/** vm_refusal() - why a VM or vCPU could not be made; @limit: peng's parameter for these. */
const char *vm_refusal(int error, const char *limit);

/**
 * vm_add_notifier() - have an eventfd signalled by a guest's 32-bit store
 * @vm: the machine
 * @eventfd: what to signal
 * @gpa: address of the store
 * @value: the value that has to be stored
 *
 * Return: 0 or -errno; -ENOSYS where the kernel has no ioeventfd, and then the
 * store arrives at the device's window instead.
 */
int vm_add_notifier(struct vm *vm, int eventfd, gpa_t gpa, uint32_t value);

#endif
