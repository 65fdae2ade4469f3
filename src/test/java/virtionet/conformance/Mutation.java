package virtionet.conformance;

/**
 * A way to break the driver on purpose: each call of one method, in some of its classes, becomes a
 * call of one of {@link Mutants}; and the test that must fail then.
 */
enum Mutation {
  DRIVER_OK_BEFORE_THE_QUEUES(
      "virtio.VirtioDevice",
      "setStatus",
      "driverOkWithFeaturesOk",
      "STS-DRV-01",
      "InitialisationTest.eachStatusBitIsSetAfterTheStepThatItStandsFor"),
  STATUS_BIT_TAKEN_BACK(
      "virtio.VirtioDevice",
      "setStatus",
      "acknowledgeTakenBack",
      "STS-DRV-02",
      "InitialisationTest.aStatusBitThatIsSetStaysSetUntilTheReset"),
  FEATURES_OK_NOT_READ_BACK(
      "virtio.VirtioDevice",
      "readStatus",
      "featuresOkAssumed",
      "INIT-DRV-10",
      "InitialisationTest.featuresOkIsReadBackBeforeAQueueIsTouched"),
  DOORBELL_BEFORE_DRIVER_OK(
      "net.NetDevice",
      "start",
      "doorbellThenStart",
      "INIT-DRV-15",
      "InitialisationTest.noDoorbellRingsBeforeDriverOk"),
  RESET_NOT_AWAITED(
      "net.NetDevice",
      "reset",
      "resetNotAwaited",
      "CLEAN-DRV-02",
      "InitialisationTest.memoryIsGivenBackOnlyOnceTheResetIsConfirmed"),
  FAILED_NOT_WRITTEN(
      "net.NetDevice",
      "fail",
      "failedNotSaid",
      "FEAT-DRV-09",
      "InitialisationTest.aDeviceThatCannotBeBroughtUpIsToldSoAndOnlyResetAfterwards"),
  LEGACY_DEVICE_ASKED_FOR_FEATURES_OK(
      "virtio.VirtioDevice",
      "isLegacy",
      "neverLegacy",
      "INIT-LEG-01",
      "InitialisationTest.aLegacyDeviceTakesTheSameStepsWithoutFeaturesOk"),
  CONFIGURATION_WRITTEN(
      "virtio.MmioTransport",
      "write32",
      "configurationToo",
      "NETCFG-DRV-01",
      "InitialisationTest.theConfigurationIsReadAndNeverWritten"),
  UNOFFERED_FEATURE_ACCEPTED(
      "virtio.VirtioDevice",
      "setDriverFeatures",
      "oneFeatureMore",
      "FEAT-DRV-01",
      "FeaturesTest.anyOfferHoweverContradictoryLeadsToASetThatIsOfferedAndClosed"),
  VERSION_1_NOT_ACCEPTED(
      "virtio.VirtioDevice",
      "setDriverFeatures",
      "withoutVersion1",
      "RSVD-DRV-01",
      "FeaturesTest.version1IsAcceptedWhereItIsOffered"),
  PREREQUISITE_NOT_ASKED_FOR(
      "virtio.FeatureNegotiation",
      "needs",
      "needsNothing",
      "FEAT-DRV-02",
      "virtionet.virtio.FeatureNegotiationTest"
          + ".aFeatureWithoutItsPrerequisiteIsNotAcceptedAndSaysWhichOne"),
  REGISTER_WRITTEN_IN_8_BITS(
      "virtio.MmioTransport",
      "write32",
      "narrowToo",
      "MMIO-DRV-04",
      "RegistersTest.registersAreReadAndWrittenInAligned32Bits"),
  FEATURE_WORD_NOT_SELECTED(
      "virtio.ModernMmio",
      "write32",
      "secondWordNotSelected",
      "MMIO-DRV-12",
      "RegistersTest.eachWordOfFeaturesIsSelectedRightBeforeItIsUsed"),
  READY_QUEUE_CHANGED(
      "virtio.ModernMmio",
      "write32",
      "sizeOnceMore",
      "MMIO-DRV-15",
      "RegistersTest.aQueueIsSetUpOnceAndNotTouchedAgainWhileItIsReady"),
  QUEUE_LARGER_THAN_ALLOWED(
      "net.DeviceQueues",
      "queueSizeMax",
      "hugeQueue",
      "MMIO-DRV-14",
      "RegistersTest.aQueueIsAPowerOfTwoThatTheDeviceAllows"),
  EMPTY_SLOT_TOUCHED(
      "virtio.MmioProbe",
      "read32",
      "vendorToo",
      "MMIO-DRV-27",
      "RegistersTest.aSlotWithoutAVirtioDeviceIsLeftAloneAfterTheFirstWrongRegister"),
  LEGACY_PAGE_SIZE_AFTER_THE_QUEUE(
      "virtio.LegacyMmio",
      "write32",
      "pageSizeLast",
      "MMIO-LEG-02",
      "RegistersTest.aLegacyQueueIsSetUpInItsOrderAndAfterThePageSize"),
  CONFIG_GENERATION_NOT_COMPARED(
      "virtio.MmioTransport",
      "read32",
      "generationNeverChanges",
      "CFG-DRV-02",
      "ConfigurationTest.aConfigurationThatChangesWhileItIsReadIsReadAgain"),
  OPTIONAL_FIELD_READ_UNASKED(
      "net.NetConfig",
      "in",
      "alwaysOffered",
      "CFG-DRV-04",
      "ConfigurationTest.aFieldIsReadOnlyWhereItsFeatureIsOffered"),
  INTERRUPT_NOT_ACKNOWLEDGED(
      "net.NetDevice",
      "acknowledgeInterrupts",
      "notAcknowledged",
      "MMIO-DRV-32",
      "InterruptsTest.theCauseIsReadAndExactlyThatIsAcknowledged"),
  UNDEFINED_CAUSE_ACKNOWLEDGED(
      "virtio.MmioTransport",
      "write32",
      "acknowledgeMore",
      "MMIO-DRV-20",
      "InterruptsTest.undefinedCausesAreNeitherActedOnNorAcknowledged"),
  AVAILABLE_INDEX_NOT_INCREMENTED(
      "virtio.SplitVirtqueue",
      "setRelease",
      "notPublished",
      "SPLIT-DRV-11",
      "SplitRingTest.theAvailableIndexCountsBuffersAndNeverGoesBack"),
  AVAILABLE_INDEX_GOES_BACK(
      "virtio.SplitVirtqueue",
      "setRelease",
      "publishedBackwards",
      "SPLIT-DRV-11",
      "SplitRingTest.theAvailableIndexCountsBuffersAndNeverGoesBack"),
  NEXT_FLAG_ON_THE_LAST_DESCRIPTOR(
      "virtio.SplitVirtqueue",
      "set",
      "nextEverywhere",
      "SPLIT-DRV-04",
      "SplitRingTest.eachChainEndsAndIsOfOneDirectionAndOfTheDescriptorsThatAreFree"),
  WRITE_FLAG_MISSING(
      "virtio.SplitVirtqueue",
      "isWritable",
      "neverWritable",
      "SPLIT-IMP-09",
      "SplitRingTest.eachChainEndsAndIsOfOneDirectionAndOfTheDescriptorsThatAreFree"),
  USED_ID_UNCHECKED(
      "virtio.",
      "compareUnsigned",
      "alwaysLess",
      "SPLIT-IMP-05",
      "SplitRingTest.aUsedIdOutsideOfTheTableIsNotActedOn"),
  USED_LENGTH_IGNORED(
      "virtio.BaseVirtqueue",
      "readUsedLength",
      "wholeBuffer",
      "SPLIT-DRV-17",
      "SplitRingTest.aFrameIsExactlyWhatTheDeviceSaysItWrote"),
  NO_DOORBELL(
      "net.TransmitQueue",
      "notifyQueue",
      "noDoorbell",
      "SPLIT-DRV-22",
      "NotificationsTest.withoutEventIdxOnlyTheFlagSaysWhetherTheDoorbellIsRung"),
  DOORBELL_THAT_NOBODY_WANTS(
      "net.TransmitQueue",
      "publish",
      "alwaysNotify",
      "SPLIT-DRV-21",
      "NotificationsTest.withoutEventIdxOnlyTheFlagSaysWhetherTheDoorbellIsRung"),
  WANTED_EVENT_PASSED_IN_SILENCE(
      "net.TransmitQueue",
      "publish",
      "neverNotify",
      "SPLIT-DRV-24",
      "NotificationsTest"
          + ".withEventIdxTheDoorbellIsRungWhenTheWantedEntryIsAmongThoseJustPublished"),
  RECEIVE_BUFFERS_TOO_SMALL(
      "net.ReceiveQueue",
      "bufferSize",
      "shortBuffer",
      "NETRX-DRV-02",
      "FramesTest.aReceiveBufferHoldsTheLargestFrameAndItsHeader"),
  FRAME_BEYOND_THE_MTU_SENT(
      "net.TransmitQueue",
      "longest",
      "anyLength",
      "NETCFG-DRV-09",
      "FramesTest.aFrameBeyondTheMtuNeverReachesTheDevice"),
  DATA_VALID_ON_TRANSMIT(
      "net.TransmitPlacement",
      "writePlain",
      "dataValid",
      "NETTX-DRV-24",
      "FramesTest.aFrameIsSentBehindAHeaderOfZerosOfTheRightLength"),
  LEGACY_HEADER_OF_12_BYTES(
      "net.DeviceQueues",
      "length",
      "twelve",
      "NETHDR-LEG-02",
      "FramesTest.aFrameIsSentBehindAHeaderOfZerosOfTheRightLength"),
  HEADER_WITHOUT_ROOM_FOR_THE_HASH(
      "net.DeviceQueues",
      "length",
      "twelve",
      "NETRX-IMP-04",
      "HashesTest.aFrameIsSentBehindAHeaderOfTwentyZeros"),
  UNKNOWN_HASH_REPORT_BELIEVED(
      "net.Frame",
      "reported",
      "anyReport",
      "NETRX-IMP-04",
      "HashesTest.anUnknownReportIsAsGoodAsNone"),
  HASH_TYPES_UNCHECKED(
      "net.RssConfig",
      "checkTypes",
      "anyTypes",
      "CVQRSS-DRV-05",
      "virtionet.net.ControlCommandTest.whatThisDeviceCannotTakeIsRefusedWithTheReason"),
  TABLE_NAMES_ANY_QUEUE(
      "net.RssConfig",
      "requireEnabled",
      "anyQueue",
      "CVQRSS-DRV-02",
      "virtionet.net.ControlCommandTest.whatThisDeviceCannotTakeIsRefusedWithTheReason"),
  HEADER_AND_FRAME_TOGETHER_WITHOUT_ANY_LAYOUT(
      "net.DeviceQueues",
      "accepted",
      "anyLayoutAssumed",
      "NETFRM-LEG-01",
      "LegacyTest.withoutAnyLayoutTheHeaderHasADescriptorOfItsOwn"),
  FLOWS_SPREAD_BEFORE_THE_PAIRS_ARE_SET(
      "net.NetDevice",
      "enabledPairs",
      "allPairs",
      "CVQMQ-DRV-03",
      "MultiqueueTest.allFlowsGoOnTheFirstQueueUntilTheDeviceHasTakenThePairs"),
  QUEUE_SENT_ON_WHILE_IT_IS_GIVEN_UP(
      "driver.Control",
      "min",
      "greater",
      "CVQMQ-DRV-04",
      "MultiqueueTest.nothingIsQueuedOnAQueueThatACommandOnItsWayGivesUp"),
  PACKED_FLAGS_WRITTEN_FIRST(
      "virtio.PackedVirtqueue",
      "set",
      "availableAtOnce",
      "PACKED-DRV-11",
      "virtionet.virtio.VirtqueueTest.chainsComeToTheDeviceAsTheyWereAddedAndAllAtOnce"),
  PACKED_AVAILABLE_AS_IN_THE_FIRST_LAP(
      "virtio.PackedVirtqueue",
      "setRelease",
      "availableAsInTheFirstLap",
      "PACKED-IMP-01",
      "virtionet.virtio.VirtqueueTest.aHundredThousandChainsGoThroughARingOf8"),
  PACKED_USED_BIT_LOOKED_AT_ALONE(
      "virtio.PackedVirtqueue",
      "getAcquire",
      "usedBitAlone",
      "PACKED-IMP-02",
      "virtionet.virtio.HostileRingTest.aPackedDescriptorWhoseBitsAreNotBothTheWrapCounterIsNotUsed"),
  FRAME_TAKEN_TO_BE_IN_ONE_BUFFER(
      "net.ReceiveQueue",
      "buffers",
      "oneBuffer",
      "NETRX-IMP-01",
      "virtionet.net.MergedReceiveTest.framesOfOneBufferUpToAllOfTheRingArriveByteExactInOneSegment"),
  OFFLOAD_UNCHECKED(
      "net.TransmitQueue",
      "problem",
      "noProblem",
      "NETTX-DRV-19",
      "virtionet.net.OffloadTransmitTest.anOffloadThatCannotBeTrueIsRefusedBeforeTheDeviceLearnsOfIt"),
  COMMAND_AND_ITS_DATA_IN_ONE_DESCRIPTOR(
      "net.ControlQueue",
      "readable",
      "dataBesideTheHead",
      "NETFRM-LEG-02",
      "virtionet.net.ControlQueueTest.eachCommandIsDoneInTheOrderGiven"),
  BOTH_MAC_TABLES_IN_ONE_DESCRIPTOR(
      "net.ControlQueue",
      "readable",
      "tablesTogether",
      "NETFRM-LEG-04",
      "virtionet.net.ControlQueueTest.eachCommandIsDoneInTheOrderGiven"),
  ACKNOWLEDGEMENT_WITH_ROOM_TO_SPARE(
      "net.ControlQueue",
      "writable",
      "oneByteMore",
      "NETFRM-LEG-05",
      "virtionet.net.ControlQueueTest.eachCommandIsDoneInTheOrderGiven");

  private final String classes;
  private final String called;
  private final String replacement;
  private final String requirement;
  private final String caughtBy;

  /**
   * @param classes what the names of the classes begin with, after {@code virtionet.}
   * @param called the method whose calls are replaced there
   * @param replacement in {@link Mutants}
   * @param caughtBy the test: in this package where none is named
   */
  Mutation(String classes, String called, String replacement, String requirement, String caughtBy) {
    this.classes = "virtionet." + classes;
    this.called = called;
    this.replacement = replacement;
    this.requirement = requirement;
    this.caughtBy =
        caughtBy.startsWith("virtionet.") ? caughtBy : "virtionet.conformance." + caughtBy;
  }

  MutatingLoader.Calls calls() {
    return new MutatingLoader.Calls(classes, called, Mutants.class, replacement);
  }

  String requirement() {
    return requirement;
  }

  String testClass() {
    return caughtBy.substring(0, caughtBy.lastIndexOf('.'));
  }

  String testMethod() {
    return caughtBy.substring(caughtBy.lastIndexOf('.') + 1);
  }
}
