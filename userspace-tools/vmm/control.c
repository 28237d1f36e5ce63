// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of the control channel: one row for each. All of it runs in the main
 * loop.
 */
#include "control.h"
#include "disks.h"
#include "util.h"
#include "vm.h"

#include "virtio/virtio.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A guest that has less does not live long. */
#define BALLOON_MIN MIB(16)

static void __attribute__((format(printf, 2, 3)))
say(char *answer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(answer, CONTROL_ANSWER_MAX, format, arguments);
	va_end(arguments);
}

static void say_status(struct vm *vm, const char *argument, char *answer)
{
	(void)vm;
	(void)argument;
	say(answer, "ok running");
}

static void press_power_button(struct vm *vm, const char *argument, char *answer)
{
	(void)argument;
	if (gpio_press_power_key(&vm->gpio))
		say(answer, "ok pressed");
	else
		say(answer, "error the guest does not listen to the key");
}

static bool read_bytes(const char *text, uint64_t *bytes)
{
	char *end;

	errno = 0;
	*bytes = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static void set_balloon(struct vm *vm, const char *argument, char *answer)
{
	struct balloon_state state;
	uint64_t keep;

	if (*argument) {
		if (!read_bytes(argument, &keep) || keep < BALLOON_MIN || keep > vm->memory.size) {
			say(answer, "error the guest has %" PRIu64 "M, of which it can keep 16M or more",
			    vm->memory.size >> 20);
			return;
		}
		vm->options->keep = keep;
		balloon_keep(vm->balloon, keep);
	}
	state = balloon_state(vm->balloon);
	say(answer, "ok %" PRIu64 " %" PRIu64 " %s", state.aim, state.now,
	    state.driver ? "driver" : "no-driver");
}

/* What is reported from here on is the answer. */
static void begin_change(char *answer)
{
	static const char error[] = "error ";

	memcpy(answer, error, sizeof(error));
	report_to(answer + strlen(error), CONTROL_ANSWER_MAX - 16);
}

static void end_change(char *answer, int error)
{
	report_to(NULL, 0);
	if (!error)
		say(answer, "ok");
}

static void resize_disk(struct vm *vm, const char *argument, char *answer)
{
	uint64_t bytes;
	int at = 0;

	if (sscanf(argument, "%" SCNu64 " %n", &bytes, &at) != 1 || !argument[at]) {
		say(answer, "error it takes a number of bytes and a file");
		return;
	}
	begin_change(answer);
	end_change(answer, disks_resize(vm, argument + at, bytes));
}

static void attach_disk(struct vm *vm, const char *argument, char *answer)
{
	begin_change(answer);
	end_change(answer, disks_attach(vm, argument));
}

static void detach_disk(struct vm *vm, const char *argument, char *answer)
{
	begin_change(answer);
	end_change(answer, disks_detach(vm, argument));
}

static const struct {
	const char *name;
	void (*act)(struct vm *vm, const char *argument, char *answer);
} commands[] = {
	{ "status", say_status },
	{ "power-button", press_power_button },
	{ "balloon", set_balloon },
	{ "resize-disk", resize_disk },
	{ "attach-disk", attach_disk },
	{ "detach-disk", detach_disk },
};

/* A name, and what is behind the blank after it. */
static void act(struct vm *vm, char *line, char *answer)
{
	char *argument = strchr(line, ' ');

	if (argument)
		*argument++ = '\0';
	else
		argument = line + strlen(line);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, line)) {
			commands[i].act(vm, argument, answer);
			return;
		}
	}
	say(answer, "error unknown command");
}

static void drop_client(struct control_client *client)
{
	if (client->source.fd < 0)
		return;
	loop_remove(&client->vm->loop, &client->source);
	close(client->source.fd);
	client->source.fd = -1;
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	struct control_client *client = container_of(source, struct control_client, source);
	ssize_t size = recv(source->fd, client->line + client->size,
			    sizeof(client->line) - client->size, MSG_DONTWAIT);
	char answer[CONTROL_ANSWER_MAX + 1] = "error no such line";
	char *end;

	(void)events;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0) {
		client->size += size;
		end = memchr(client->line, '\n', client->size);
		if (!end && client->size < sizeof(client->line))
			return;
		if (end) {
			*end = '\0';
			act(client->vm, client->line, answer);
		}
		strcat(answer, "\n");
		send(source->fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	drop_client(client);
}

static struct control_client *free_client(struct control *control)
{
	for (size_t i = 0; i < ARRAY_SIZE(control->clients); i++)
		if (control->clients[i].source.fd < 0)
			return &control->clients[i];
	return NULL;
}

static void listener_ready(struct loop_source *source, uint32_t events)
{
	struct control *control = container_of(source, struct control, listener);
	struct vm *vm = container_of(control, struct vm, control);
	struct control_client *client = free_client(control);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	if (!client) {
		close(fd);
		return;
	}
	client->source.fd = fd;
	client->size = 0;
	if (loop_add(&vm->loop, &client->source, EPOLLIN)) {
		close(fd);
		client->source.fd = -1;
	}
}

int control_create(struct vm *vm)
{
	struct control *control = &vm->control;
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(control->clients); i++)
		control->clients[i] = (struct control_client){
			.source = { -1, client_ready },
			.vm = vm,
		};
	if (!vm->place)
		return 0;
	control->listener = (struct loop_source){ vm->place->control, listener_ready };
	error = loop_add(&vm->loop, &control->listener, EPOLLIN);
	if (error)
		report("cannot listen for commands: %s", strerror(-error));
	return error;
}

void control_destroy(struct vm *vm)
{
	for (size_t i = 0; i < ARRAY_SIZE(vm->control.clients); i++)
		drop_client(&vm->control.clients[i]);
}
