/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads of the launcher. Every thread but the main one is made here, with
 * all signals blocked but the kick, whose handler does nothing: it only ends
 * a KVM_RUN, a write or a wait, so that the thread sees that it has to stop.
 */
#ifndef PENG_VMM_THREAD_H
#define PENG_VMM_THREAD_H

#include <pthread.h>
#include <stddef.h>

/**
 * thread_setup() - install the kick's handler and block all other signals
 *
 * Context: main thread, before any other is made. The main thread takes its
 * signals through a signalfd.
 */
void thread_setup(void);

/**
 * thread_create() - start a named thread
 * @thread: filled in
 * @name: name to show in ps, 15 characters at most
 * @run: what it does; its argument is the thread's own copy
 * @argument: copied for the thread
 * @size: size of *@argument
 *
 * Return: 0 or -errno.
 */
int thread_create(pthread_t *thread, const char *name, void (*run)(void *argument),
		  const void *argument, size_t size);

/** thread_kick_and_join() - kick @thread until it has ended. */
void thread_kick_and_join(pthread_t thread);

#endif
