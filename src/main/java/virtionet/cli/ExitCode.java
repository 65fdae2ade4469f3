package virtionet.cli;

/** What the process ends with; scripts may rely on the numbers. */
public enum ExitCode {
  /** All that was asked for was done. */
  DONE(0),
  /** The job was tried, and failed. */
  FAILED(1),
  /** The command line makes no sense: nothing was tried. */
  USAGE(2),
  /** The environment lacks something, and the message says what to do. */
  ENVIRONMENT(3);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The number that the shell sees. */
  public int number() {
    return number;
  }
}
