package virtionet.machine.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import virtionet.machine.MachineUnavailableException;

/**
 * Where files of huge pages can be made.
 *
 * @param folder a mounted hugetlbfs
 * @param pageSize bytes of each page
 */
record HugePageMount(Path folder, long pageSize) {
  private static final int SPARE = 4;
  private static final Pattern PAGE_SIZE_OPTION = Pattern.compile("pagesize=(\\d+)([KMG]?)");
  private static final Pattern DEFAULT_SIZE = Pattern.compile("Hugepagesize:\\s*(\\d+) kB");

  /**
   * Finds the mount with the smallest pages.
   *
   * @throws MachineUnavailableException when there is none
   */
  static HugePageMount find(LinuxPaths paths) {
    HugePageMount best = null;
    for (String line : read(paths.proc("mounts")).lines().toList()) {
      String[] fields = line.split(" ", -1);
      if (fields.length >= 4 && fields[2].equals("hugetlbfs")) {
        var mount = new HugePageMount(paths.mount(fields[1]), pageSize(paths, fields[3]));
        if (best == null || mount.pageSize() < best.pageSize()) {
          best = mount;
        }
      }
    }
    if (best == null) {
      throw new MachineUnavailableException(
          "no file system of huge pages is mounted: mkdir -p /dev/hugepages && mount -t hugetlbfs"
              + " none /dev/hugepages");
    }
    return best;
  }

  private static long pageSize(LinuxPaths paths, String options) {
    Matcher option = PAGE_SIZE_OPTION.matcher(options);
    if (option.find()) {
      int shift =
          switch (option.group(2)) {
            case "K" -> 10;
            case "M" -> 20;
            case "G" -> 30;
            default -> 0;
          };
      return Long.parseLong(option.group(1)) << shift;
    }
    Matcher found = DEFAULT_SIZE.matcher(read(paths.proc("meminfo")));
    if (!found.find()) {
      throw new MachineUnavailableException(
          "this kernel has no huge pages: /proc/meminfo does not tell of them (CONFIG_HUGETLBFS)");
    }
    return Long.parseLong(found.group(1)) << 10;
  }

  /** What is lacking when so many pages are not to be had, and how to get them. */
  String tooFew(LinuxPaths paths, int needed) {
    String pool = "kernel/mm/hugepages/hugepages-%dkB".formatted(pageSize >> 10);
    long free = number(paths, pool + "/free_hugepages") - number(paths, pool + "/resv_hugepages");
    // Those that others have stay theirs.
    long all = number(paths, pool + "/nr_hugepages") - free + needed + SPARE;
    return "%d huge pages of %d KiB are needed and %d are free: echo %d > /sys/%s/nr_hugepages, or boot with hugepagesz=%dK hugepages=%d"
        .formatted(needed, pageSize >> 10, free, all, pool, pageSize >> 10, all);
  }

  private static long number(LinuxPaths paths, String file) {
    return PlatformDevice.read(paths.sys(file))
        .filter(text -> text.matches("\\d{1,18}"))
        .map(Long::parseLong)
        .orElse(0L);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new MachineUnavailableException("%s cannot be read: %s".formatted(file, e), e);
    }
  }
}
