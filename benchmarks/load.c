// Replays HTTP requests from a file, each once, over kept connections, and counts the answers.
// usage: load FILE PORT CONNECTIONS TIMES STATUSES
//   FILE: for each request its length (32 bits, little endian) and its bytes.
//   TIMES: how often the whole file is played. STATUSES: gets one 16-bit status for each request,
//   0 where none came; "-" for none.
// Prints one line of JSON. One thread; a request whose connection breaks is not repeated.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, MOST_BREAKS = 200 };

typedef struct {
  int fd;
  long request;  // -1: none
  size_t sent, have;
  double began;
  char *answer;
} Connection;

static char *file;
static size_t *starts;
static uint32_t *lengths;
static long in_file, total, next_request, answered, breaks;
static double *latencies;
static uint16_t *statuses;
static int port, poller;

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void read_file(const char *path) {
  struct stat found;
  FILE *stream = fopen(path, "rb");
  if (!stream || fstat(fileno(stream), &found)) die(path);
  file = malloc(found.st_size + 1);
  if (fread(file, 1, found.st_size, stream) != (size_t)found.st_size) die(path);
  fclose(stream);
  size_t at = 0, room = 1024;
  starts = malloc(room * sizeof *starts);
  lengths = malloc(room * sizeof *lengths);
  while (at + 4 <= (size_t)found.st_size) {
    if ((size_t)in_file == room) {
      room *= 2;
      starts = realloc(starts, room * sizeof *starts);
      lengths = realloc(lengths, room * sizeof *lengths);
    }
    memcpy(&lengths[in_file], file + at, 4);
    starts[in_file] = at + 4;
    at += 4 + lengths[in_file++];
  }
}

static void open_connection(Connection *c) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0) die("socket");
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to)) {
    close(c->fd);
    c->fd = -1;
    return;
  }
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

static void watch(Connection *c, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void begin(Connection *c);

static void broke(Connection *c) {
  breaks++;
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  c->request = -1;
  if (breaks < MOST_BREAKS) begin(c);
}

static void push(Connection *c) {
  long place = c->request % in_file;
  while (c->sent < lengths[place]) {
    ssize_t wrote = write(c->fd, file + starts[place] + c->sent, lengths[place] - c->sent);
    if (wrote < 0 && errno == EAGAIN) {
      watch(c, EPOLLIN | EPOLLOUT);
      return;
    }
    if (wrote <= 0) {
      broke(c);
      return;
    }
    c->sent += wrote;
  }
}

static void begin(Connection *c) {
  c->request = -1;
  c->have = c->sent = 0;
  if (next_request >= total) return;
  if (c->fd < 0) open_connection(c);
  if (c->fd < 0) {  // nobody listens any more
    breaks++;
    return;
  }
  c->request = next_request++;
  c->began = now();
  push(c);
}

// Returns the length of a whole answer, 0 while a part of it is missing.
static size_t whole(const Connection *c) {
  char *end = memmem(c->answer, c->have, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = end - c->answer + 4;
  *end = 0;
  char *length = strcasestr(c->answer, "\r\ncontent-length:");
  int is_chunked = strcasestr(c->answer, "\r\ntransfer-encoding: chunked") != NULL;
  *end = '\r';
  if (is_chunked) {
    char *last = memmem(end + 2, c->have - head + 2, "\r\n0\r\n\r\n", 7);
    return last ? (size_t)(last - c->answer + 7) : 0;
  }
  size_t body = length ? strtoul(length + 17, NULL, 10) : 0;
  return c->have >= head + body ? head + body : 0;
}

static void pull(Connection *c) {
  ssize_t got = read(c->fd, c->answer + c->have, BUFFER - c->have - 1);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    broke(c);
    return;
  }
  c->have += got;
  c->answer[c->have] = 0;
  if (!whole(c)) return;
  statuses[c->request] = atoi(c->answer + 9);
  latencies[answered++] = now() - c->began;
  if (strcasestr(c->answer, "\r\nconnection: close")) {
    close(c->fd);
    c->fd = -1;
  }
  begin(c);
}

static int ascending(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return (one > other) - (one < other);
}

static void report(double seconds) {
  long counts[1000] = {0};
  for (long i = 0; i < total; i++)
    if (statuses[i] < 1000) counts[statuses[i]]++;
  qsort(latencies, answered, sizeof *latencies, ascending);
  printf("{\"requests\":%ld,\"breaks\":%ld,\"seconds\":%.6f,\"statuses\":{", total, breaks, seconds);
  const char *comma = "";
  for (int status = 1; status < 1000; status++)
    if (counts[status]) {
      printf("%s\"%d\":%ld", comma, status, counts[status]);
      comma = ",";
    }
  double half = answered ? latencies[answered / 2] : 0;
  double most = answered ? latencies[(long)(answered * 0.95)] : 0;
  double rare = answered ? latencies[(long)(answered * 0.99)] : 0;
  printf("},\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f}\n", half * 1e3, most * 1e3, rare * 1e3);
}

static int is_busy(const Connection *connections, int count) {
  for (int i = 0; i < count; i++)
    if (connections[i].request >= 0) return 1;
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  read_file(argv[1]);
  port = atoi(argv[2]);
  int count = atoi(argv[3]);
  total = in_file * atol(argv[4]);
  if (count > total) count = total;
  latencies = calloc(total + 1, sizeof *latencies);
  statuses = calloc(total + 1, sizeof *statuses);
  poller = epoll_create1(0);
  Connection *connections = calloc(count, sizeof *connections);
  double began = now();
  for (int i = 0; i < count; i++) {
    connections[i].fd = -1;
    connections[i].answer = malloc(BUFFER);
    begin(&connections[i]);
  }
  struct epoll_event ready[256];
  while (is_busy(connections, count)) {
    int found = epoll_wait(poller, ready, 256, 60000);
    if (found <= 0) break;
    for (int i = 0; i < found; i++) {
      Connection *c = ready[i].data.ptr;
      if (c->request < 0) {
        if (c->fd >= 0) close(c->fd);
        c->fd = -1;
        continue;
      }
      if (ready[i].events & EPOLLOUT) {
        watch(c, EPOLLIN);
        push(c);
      } else {
        pull(c);
      }
    }
  }
  report(now() - began);
  if (strcmp(argv[5], "-")) {
    FILE *out = fopen(argv[5], "wb");
    if (!out || fwrite(statuses, 2, total, out) != (size_t)total) die(argv[5]);
    fclose(out);
  }
  return 0;
}
