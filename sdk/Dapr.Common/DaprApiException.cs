#nullable disable
namespace Dapr;

/// <summary>The sidecar refused a call and said why.</summary>
public class DaprApiException : DaprException
{
    /// <summary>A refusal of which only the text is known; it is not transient.</summary>
    public DaprApiException(string message)
        : this(message, errorCode: null, isTransient: false)
    {
    }

    /// <summary>A refusal with its cause; it is not transient.</summary>
    public DaprApiException(string message, Exception innerException)
        : this(message, innerException, errorCode: null, isTransient: false)
    {
    }

    /// <summary>A refusal of which only the code is known.</summary>
    public DaprApiException(string errorCode, bool isTransient)
        : this(string.Empty, errorCode, isTransient)
    {
    }

    /// <summary>A refusal with text and code.</summary>
    public DaprApiException(string message, string errorCode, bool isTransient)
        : this(message, null, errorCode, isTransient)
    {
    }

    /// <summary>A refusal with all that can be known.</summary>
    public DaprApiException(string message, Exception inner, string errorCode, bool isTransient)
        : base(message, inner)
    {
        ErrorCode = errorCode ?? "UNKNOWN";
        IsTransient = isTransient;
    }

    /// <summary>The sidecar's code, such as <c>ERR_ACTOR_REMINDER_NOT_FOUND</c>; <c>UNKNOWN</c> when it gave none.</summary>
    public string ErrorCode { get; }

    /// <summary>True when the same call may succeed later.</summary>
    public bool IsTransient { get; }
}
