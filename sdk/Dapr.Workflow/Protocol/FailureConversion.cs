namespace Dapr.Workflow.Protocol;

/// <summary>Exceptions to failure details and back to what users see.</summary>
internal static class FailureConversion
{
    private const int DeepestCause = 8;

    public static TaskFailureDetails ToFailureDetails(this Exception exception) => Convert(exception, depth: 0);

    public static WorkflowTaskFailureDetails ToPublic(this TaskFailureDetails? details) =>
        details is null
            ? new WorkflowTaskFailureDetails("Unknown", "The task failed without saying why.")
            : new WorkflowTaskFailureDetails(details.ErrorType, details.ErrorMessage, details.StackTrace);

    private static TaskFailureDetails Convert(Exception exception, int depth)
    {
        var details = new TaskFailureDetails
        {
            ErrorType = exception.GetType().FullName ?? exception.GetType().Name,
            ErrorMessage = exception.Message,
            StackTrace = exception.StackTrace,
        };
        if (exception is WorkflowTaskFailedException { FailureDetails: var cause })
        {
            details.InnerFailure = new TaskFailureDetails
            {
                ErrorType = cause.ErrorType,
                ErrorMessage = cause.ErrorMessage,
                StackTrace = cause.StackTrace,
            };
        }
        else if (exception.InnerException is { } inner && depth < DeepestCause)
        {
            details.InnerFailure = Convert(inner, depth + 1);
        }

        return details;
    }
}
