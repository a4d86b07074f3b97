namespace Dapr.Workflow;

/// <summary>An exception as it travels between activity, workflow and client.</summary>
public class WorkflowTaskFailureDetails
{
    /// <summary>Details of a failure.</summary>
    /// <param name="errorType">Full name of the exception's type.</param>
    /// <param name="errorMessage">The exception's message.</param>
    /// <param name="stackTrace">Where it was thrown, if known.</param>
    public WorkflowTaskFailureDetails(string errorType, string errorMessage, string? stackTrace = null)
    {
        ArgumentNullException.ThrowIfNull(errorType);
        ArgumentNullException.ThrowIfNull(errorMessage);
        ErrorType = errorType;
        ErrorMessage = errorMessage;
        StackTrace = stackTrace;
    }

    /// <summary>Full name of the exception's type.</summary>
    public string ErrorType { get; }

    /// <summary>The exception's message.</summary>
    public string ErrorMessage { get; }

    /// <summary>Where it was thrown, if known.</summary>
    public string? StackTrace { get; }

    /// <summary>Whether the failure was an exception of this type or one derived from it, as far as its type is loaded here.</summary>
    public bool IsCausedBy<T>()
        where T : Exception
    {
        if (string.Equals(ErrorType, typeof(T).FullName, StringComparison.Ordinal))
        {
            return true;
        }

        // The wire has the type's name without its assembly, so each loaded assembly is asked.
        var thrown = AppDomain.CurrentDomain.GetAssemblies()
            .Select(assembly => assembly.GetType(ErrorType, throwOnError: false))
            .FirstOrDefault(type => type is not null);
        return thrown is not null && typeof(T).IsAssignableFrom(thrown);
    }

    /// <inheritdoc />
    public override string ToString() => $"{ErrorType}: {ErrorMessage}";
}
