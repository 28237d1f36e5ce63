// SPDX-License-Identifier: GPL-2.0-only
/*
 * Console between a socket pair, a file and connections. Nobody is waited for:
 * a client that does not read misses what does not fit its socket, a guest that
 * does not listen what does not fit its own; the file has all of it.
 */
#include "relay.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A guest that never stops to print must not fill the host's file system. */
#define FILE_SIZE_MAX MIB(16)

static void open_file(struct relay *relay)
{
	char before[256];

	snprintf(before, sizeof(before), "%s.1", relay->path);
	rename(relay->path, before);
	relay->file = open(relay->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	relay->written = 0;
}

static void write_file(struct relay *relay, const uint8_t *data, size_t size)
{
	if (relay->written > FILE_SIZE_MAX) {
		close(relay->file);
		open_file(relay);
	}
	while (size) {
		ssize_t written = write(relay->file, data, size);

		/* A full file system costs the guest its log, not its life. */
		if (written <= 0)
			return;
		data += written;
		size -= written;
		relay->written += written;
	}
}

static void drop_client(struct relay_client *client)
{
	if (client->source.fd < 0)
		return;
	loop_remove(&client->relay->loop, &client->source);
	close(client->source.fd);
	client->source.fd = -1;
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	struct relay_client *client = container_of(source, struct relay_client, source);
	uint8_t data[1024];
	ssize_t size;

	(void)events;
	size = recv(source->fd, data, sizeof(data), MSG_DONTWAIT);
	if (size > 0)
		send(client->relay->guest.fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (size == 0 || (errno != EAGAIN && errno != EINTR))
		drop_client(client);
}

static struct relay_client *free_client(struct relay *relay)
{
	for (size_t i = 0; i < ARRAY_SIZE(relay->clients); i++)
		if (relay->clients[i].source.fd < 0)
			return &relay->clients[i];
	return NULL;
}

static void listener_ready(struct loop_source *source, uint32_t events)
{
	static const char full[] = "peng: too many are connected; end one of them\r\n";
	struct relay *relay = container_of(source, struct relay, listener);
	struct relay_client *client = free_client(relay);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	if (!client) {
		send(fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
		return;
	}
	client->source.fd = fd;
	if (loop_add(&relay->loop, &client->source, EPOLLIN)) {
		close(fd);
		client->source.fd = -1;
	}
}

/* Return: whether there was something. */
static bool pass_output(struct relay *relay)
{
	uint8_t data[4096];
	ssize_t size = recv(relay->guest.fd, data, sizeof(data), MSG_DONTWAIT);

	if (size <= 0)
		return false;
	write_file(relay, data, size);
	for (size_t i = 0; i < ARRAY_SIZE(relay->clients); i++)
		if (relay->clients[i].source.fd >= 0)
			send(relay->clients[i].source.fd, data, size,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
	return true;
}

static void guest_ready(struct loop_source *source, uint32_t events)
{
	(void)events;
	pass_output(container_of(source, struct relay, guest));
}

/* Standard input and output become one end of a socket pair. */
static int take_stdio(struct relay *relay)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	relay->guest.fd = pair[0];
	dup2(pair[1], STDIN_FILENO);
	dup2(pair[1], STDOUT_FILENO);
	close(pair[1]);
	return 0;
}

static int start_loop(struct relay *relay)
{
	int error = loop_init(&relay->loop);

	if (error)
		return error;
	error = loop_add(&relay->loop, &relay->guest, EPOLLIN);
	if (!error)
		error = loop_add(&relay->loop, &relay->listener, EPOLLIN);
	if (!error)
		error = loop_start(&relay->loop, "relay", loop_run);
	if (error)
		loop_destroy(&relay->loop);
	return error;
}

int relay_start(struct relay *relay, const char *path, int listener)
{
	int error;

	*relay = (struct relay){
		.path = path,
		.guest = { .ready = guest_ready },
		.listener = { .fd = listener, .ready = listener_ready },
	};
	for (size_t i = 0; i < ARRAY_SIZE(relay->clients); i++)
		relay->clients[i] = (struct relay_client){ { -1, client_ready }, relay };
	open_file(relay);
	if (relay->file < 0) {
		error = -errno;
		report("cannot write %s: %s", path, strerror(-error));
		return error;
	}
	error = take_stdio(relay);
	if (!error) {
		error = start_loop(relay);
		if (error)
			close(relay->guest.fd);
	}
	if (error) {
		report("cannot start the console's relay: %s", strerror(-error));
		close(relay->file);
	}
	return error;
}

void relay_finish(struct relay *relay)
{
	loop_join(&relay->loop);
	while (pass_output(relay))
		continue;
	for (size_t i = 0; i < ARRAY_SIZE(relay->clients); i++)
		drop_client(&relay->clients[i]);
	loop_destroy(&relay->loop);
	close(relay->guest.fd);
	close(relay->file);
}
