/* What survives a power cut, loaded before the C library (LD_PRELOAD).

   Each file of POWER_FOLDER is copied to POWER_SHADOW as it stands when somebody flushes it: so much
   the disk owes us. What is written and never flushed is not there. File names count as flushed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether the file behind fd lies in the folder itself; its path is written to path. */
static int is_in(const char *folder, int fd, char path[PATH_MAX])
{
    char link[64];
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode))
        return 0;
    path[length] = 0;
    size_t folder_length = strrchr(path, '/') - path;
    return folder_length == strlen(folder) && !strncmp(path, folder, folder_length);
}

/* Copy with pread alone: opening and closing the file anew would drop SQLite's locks on it. */
static void copy(int from, const char *to)
{
    static __thread char block[1 << 16];
    off_t at = 0;
    ssize_t got;
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while ((got = pread(from, block, sizeof block, at)) > 0) {
        if (write(out, block, got) != got)
            abort();
        at += got;
    }
    if (out < 0 || got < 0 || close(out))
        abort();
}

static void keep(int fd)
{
    const char *folder = getenv("POWER_FOLDER"), *shadow = getenv("POWER_SHADOW");
    char path[PATH_MAX], part[PATH_MAX], kept[2 * PATH_MAX];
    if (!folder || !shadow || !is_in(folder, fd, path))
        return;
    snprintf(part, sizeof part, "%s/part-%ld", shadow, syscall(SYS_gettid));
    snprintf(kept, sizeof kept, "%s%s", shadow, strrchr(path, '/'));
    copy(fd, part);
    if (rename(part, kept))
        abort();
}

int fsync(int fd)
{
    keep(fd);
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd)
{
    keep(fd);
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
