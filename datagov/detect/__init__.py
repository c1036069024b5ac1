"""Detection: column → what it is, how sure that is and why. The only home of presidio_analyzer, stdnum and
phonenumbers."""

from datagov.detect.classifier import ColumnClassifier
from datagov.detect.verdict import Detection, RunnerUp, Verdict

__all__ = ["ColumnClassifier", "Detection", "RunnerUp", "Verdict"]
