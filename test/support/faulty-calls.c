// Preloaded into a process, makes its calls to the system fail, take long, or read less than they were asked for, below one
// folder. What to do is in a file of four numbers, which a test changes at any time.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct orders {
  int error;      // the errno, 0 for none
  int per_mille;  // of the calls that fail
  int delay_us;   // before each call
  int short_read; // the most bytes that a read returns, 0 for any number
};

static volatile struct orders *orders;
static const char *below;
static size_t below_length;
static unsigned char concerned[65536];

__attribute__((constructor)) static void start(void) {
  const char *file = getenv("FAULTY_CALLS_ORDERS");
  below = getenv("FAULTY_CALLS_BELOW");
  if (!file || !below) return;
  below_length = strlen(below);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY, 0);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof(struct orders), PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) orders = mapped;
  close(fd);
}

static int is_below(const char *path) {
  return orders && path && strncmp(path, below, below_length) == 0;
}

// Whether the call is to fail, with errno set.
static int fails(void) {
  if (orders->delay_us) {
    struct timespec wait = {0, orders->delay_us * 1000L};
    nanosleep(&wait, NULL);
  }
  if (!orders->error || rand() % 1000 >= orders->per_mille) return 0;
  errno = orders->error;
  return 1;
}

static int noted(int fd) {
  if (fd >= 0 && fd < (int)sizeof(concerned)) concerned[fd] = 1;
  return fd;
}

static int is_concerned(int fd) {
  return orders && fd >= 0 && fd < (int)sizeof(concerned) && concerned[fd];
}

static size_t shortened(size_t count) {
  size_t most = orders->short_read ? 1 + (size_t)(rand() % orders->short_read) : 0;
  return most && most < count ? most : count;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                                  \
  int name(const char *path, int flags, ...) {                                      \
    va_list rest;                                                                   \
    va_start(rest, flags);                                                          \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;       \
    va_end(rest);                                                                   \
    if (!is_below(path)) return REAL(name)(path, flags, mode);                      \
    return fails() ? -1 : noted(REAL(name)(path, flags, mode));                     \
  }

OPEN(open)
OPEN(open64)

int close(int fd) {
  if (fd >= 0 && fd < (int)sizeof(concerned)) concerned[fd] = 0;
  return REAL(close)(fd);
}

ssize_t read(int fd, void *buffer, size_t count) {
  if (!is_concerned(fd)) return REAL(read)(fd, buffer, count);
  return fails() ? -1 : REAL(read)(fd, buffer, shortened(count));
}

ssize_t pread(int fd, void *buffer, size_t count, off_t at) {
  if (!is_concerned(fd)) return REAL(pread)(fd, buffer, count, at);
  return fails() ? -1 : REAL(pread)(fd, buffer, shortened(count), at);
}

ssize_t pread64(int fd, void *buffer, size_t count, off64_t at) {
  if (!is_concerned(fd)) return REAL(pread64)(fd, buffer, count, at);
  return fails() ? -1 : REAL(pread64)(fd, buffer, shortened(count), at);
}

ssize_t readlink(const char *path, char *buffer, size_t size) {
  if (!is_below(path)) return REAL(readlink)(path, buffer, size);
  return fails() ? -1 : REAL(readlink)(path, buffer, size);
}

char *realpath(const char *path, char *resolved) {
  if (!is_below(path)) return REAL(realpath)(path, resolved);
  return fails() ? NULL : REAL(realpath)(path, resolved);
}

#define SCAN(name, entry)                                                                             \
  int name(const char *path, struct entry ***list, int (*choose)(const struct entry *),               \
           int (*compare)(const struct entry **, const struct entry **)) {                            \
    if (!is_below(path)) return REAL(name)(path, list, choose, compare);                              \
    return fails() ? -1 : REAL(name)(path, list, choose, compare);                                    \
  }

SCAN(scandir, dirent)
SCAN(scandir64, dirent64)

// libuv asks for the state of a file this way
long syscall(long number, ...) {
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
  long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_statx && is_below((const char *)b) && fails()) return -1;
  return REAL(syscall)(number, a, b, c, d, e, f);
}
