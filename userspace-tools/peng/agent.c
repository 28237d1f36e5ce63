// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to an agent, and its answers. What it was asked by others before may
 * still be answered, and what it was asked while it started is lost: so it is
 * asked for a number until it says that number, behind a byte that is in no JSON.
 *
 * A guest may say anything for as long as it likes. What is kept of it is a line
 * of AGENT_ANSWER_MAX bytes, and the deadline is looked at before more is received.
 */
#include "agent.h"
#include "../lib/text.h"
#include "../vmm/util.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DELIMITER '\xff'
#define SYNC_INTERVAL_MS 1000
#define CONNECT_INTERVAL_US 100000
#define NS_PER_MS UINT64_C(1000000)
#define WHY_MAX 200

/**
 * enum heard - what came of waiting for a line
 * @HEARD_LINE: there is one
 * @HEARD_NOTHING: not in time
 * @HEARD_END: the launcher has gone
 */
enum heard { HEARD_LINE, HEARD_NOTHING, HEARD_END };

static uint64_t now_ns(void)
{
	return text_now(CLOCK_MONOTONIC);
}

/* What the launcher has no room for is lost, and not answered. Return: whether it is there. */
static bool send_all(struct agent_link *link, const char *data, size_t size)
{
	return send(link->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN;
}

static bool say(struct agent_link *link, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t length = text ? strlen(text) : 0;
	bool said;

	json_decref(request);
	if (!text)
		return true;
	/* A line's end is in the place of a string's. */
	text[length] = '\n';
	said = send_all(link, text, length + 1);
	free(text);
	return said;
}

static char *take_line(struct agent_link *link)
{
	char *line = link->answer + link->taken;
	char *end = memchr(line, '\n', link->size - link->taken);

	if (!end)
		return NULL;
	*end = '\0';
	link->taken = end + 1 - link->answer;
	return line;
}

static enum heard receive(struct agent_link *link, uint64_t until)
{
	struct pollfd fd = { .fd = link->fd, .events = POLLIN };
	uint64_t now = now_ns();
	ssize_t size;

	link->size -= link->taken;
	memmove(link->answer, link->answer + link->taken, link->size);
	link->taken = 0;
	/* No agent says so much in a line. */
	if (link->size == sizeof(link->answer))
		link->size = 0;
	if (now >= until || poll(&fd, 1, (until - now) / NS_PER_MS + 1) == 0)
		return HEARD_NOTHING;
	size = recv(link->fd, link->answer + link->size, sizeof(link->answer) - link->size,
		    MSG_DONTWAIT);
	if (!size || (size < 0 && errno != EAGAIN && errno != EINTR))
		return HEARD_END;
	link->size += size > 0 ? size : 0;
	return HEARD_LINE;
}

/* @line is there up to the next call. */
static enum heard next_line(struct agent_link *link, uint64_t until, char **line)
{
	enum heard heard = HEARD_LINE;

	while (!(*line = take_line(link)) && heard == HEARD_LINE)
		heard = receive(link, until);
	return heard;
}

static bool is_number(const char *line, json_int_t number)
{
	const char *text = strrchr(line, DELIMITER);
	json_t *answer = json_loads(text ? text + 1 : line, 0, NULL);
	json_t *said = json_object_get(answer, "return");
	bool same = json_is_integer(said) && json_integer_value(said) == number;

	json_decref(answer);
	return same;
}

/* Ask for @number, and listen for a while. */
static enum heard try_sync(struct agent_link *link, json_int_t number)
{
	uint64_t until = now_ns() + SYNC_INTERVAL_MS * NS_PER_MS;
	enum heard heard;
	char *line;

	/* The byte ends what another may have begun to say. */
	if (!send_all(link, &(char){ DELIMITER }, 1) ||
	    !say(link, json_pack("{s:s, s:{s:I}}", "execute", "guest-sync-delimited",
				 "arguments", "id", number)))
		return HEARD_END;
	do {
		heard = next_line(link, until < link->deadline ? until : link->deadline, &line);
	} while (heard == HEARD_LINE && !is_number(line, number));
	return heard;
}

static unsigned long seconds_left(const struct agent_link *link)
{
	uint64_t now = now_ns();

	return now < link->deadline ? (link->deadline - now) / NS_PER_MS / 1000 : 0;
}

static enum status report_end(const struct agent_link *link)
{
	report("%s has ended or begun anew", link->name);
	return STATUS_FAILED;
}

static enum status synchronise(struct agent_link *link)
{
	json_int_t number = getpid() * 1000LL;
	enum heard heard;

	do {
		text_progress("%s: waiting for the guest's agent, %lu s left", link->name,
			      seconds_left(link));
		heard = try_sync(link, ++number);
	} while (heard == HEARD_NOTHING && now_ns() < link->deadline);
	text_end_progress();
	if (heard == HEARD_LINE)
		return STATUS_OK;
	if (heard == HEARD_END)
		return report_end(link);
	report("the guest of %s does not answer in %lu s; install and start qemu-guest-agent in it",
	       link->name, link->seconds);
	return STATUS_FAILED;
}

/* While the launcher has no room for another who waits, it says EAGAIN. */
static enum status connect_agent(struct agent_link *link)
{
	for (;;) {
		link->fd = home_connect(HOME_AGENT, SOCK_NONBLOCK);
		if (link->fd >= 0)
			return STATUS_OK;
		if (errno != EAGAIN || now_ns() >= link->deadline)
			break;
		usleep(CONNECT_INTERVAL_US);
	}
	report("cannot reach the guest of %s: %s", link->name, strerror(errno));
	return errno == EACCES ? STATUS_DENIED : STATUS_FAILED;
}

enum status agent_open(struct agent_link *link, const struct home *home, unsigned long seconds)
{
	enum status status;
	pid_t pid;

	link->name = home->name;
	link->size = 0;
	link->taken = 0;
	link->seconds = seconds;
	link->deadline = now_ns() + seconds * 1000 * NS_PER_MS;
	if (!home_running(&pid)) {
		report("%s does not run; start it first", home->name);
		return STATUS_FAILED;
	}
	status = connect_agent(link);
	if (status != STATUS_OK)
		return status;
	status = synchronise(link);
	if (status != STATUS_OK)
		close(link->fd);
	return status;
}

void agent_close(struct agent_link *link)
{
	close(link->fd);
}

/* A guest's words are not the terminal's orders. */
static void report_error(const struct agent_link *link, const char *why)
{
	char text[WHY_MAX];
	size_t i;

	for (i = 0; why[i] && i < sizeof(text) - 1; i++)
		text[i] = why[i] < ' ' || why[i] > '~' ? '?' : why[i];
	text[i] = '\0';
	report("%s: the guest's agent: %s", link->name, text);
}

static enum status take_answer(const struct agent_link *link, const char *line, json_t **answer)
{
	json_t *whole = json_loads(line, 0, NULL);
	json_t *why = json_object_get(json_object_get(whole, "error"), "desc");

	*answer = json_incref(json_object_get(whole, "return"));
	if (!*answer)
		report_error(link, json_is_string(why) ? json_string_value(why) :
							 "no answer that is one");
	json_decref(whole);
	return *answer ? STATUS_OK : STATUS_FAILED;
}

enum status agent_ask(struct agent_link *link, const char *command, json_t *arguments,
		      json_t **answer)
{
	json_t *request = json_pack("{s:s, s:o*}", "execute", command, "arguments", arguments);
	enum heard heard = HEARD_END;
	char *line;

	if (say(link, request))
		heard = next_line(link, link->deadline, &line);
	if (heard == HEARD_LINE)
		return take_answer(link, line, answer);
	if (heard == HEARD_END)
		return report_end(link);
	report("%s: the guest's agent has not answered within %lu s", link->name, link->seconds);
	return STATUS_FAILED;
}
