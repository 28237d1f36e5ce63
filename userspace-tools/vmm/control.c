// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of the control channel: one row for each. All of it runs in the main
 * loop.
 */
#include "control.h"
#include "util.h"
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *say_status(struct vm *vm)
{
	(void)vm;
	return "ok running\n";
}

static const char *press_power_button(struct vm *vm)
{
	return gpio_press_power_key(&vm->gpio) ? "ok pressed\n" :
						 "error the guest does not listen to the key\n";
}

static const struct {
	const char *name;
	const char *(*act)(struct vm *vm);
} commands[] = {
	{ "status", say_status },
	{ "power-button", press_power_button },
};

static const char *act(struct vm *vm, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, line))
			return commands[i].act(vm);
	return "error unknown command\n";
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
	const char *answer;
	char *end;

	(void)events;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0) {
		client->size += size;
		end = memchr(client->line, '\n', client->size);
		if (!end && client->size < sizeof(client->line))
			return;
		answer = "error no such line\n";
		if (end) {
			*end = '\0';
			answer = act(client->vm, client->line);
		}
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
