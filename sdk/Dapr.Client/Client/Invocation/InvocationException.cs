#nullable disable
namespace Dapr.Client;

/// <summary>A service invocation failed on its way, or the application that was called answered with a failure.</summary>
public class InvocationException : DaprException
{
    /// <summary>A failed invocation; <paramref name="response"/> is null when there was no answer.</summary>
    public InvocationException(string appId, string methodName, Exception innerException, HttpResponseMessage response)
        : base(Describe(appId, methodName, response), innerException)
    {
        AppId = appId ?? "unknown";
        MethodName = methodName ?? "unknown";
        Response = response;
    }

    /// <summary>The application that was called.</summary>
    public string AppId { get; }

    /// <summary>The method that was called.</summary>
    public string MethodName { get; }

    /// <summary>The answer, whose body is still unread; null when there was none.</summary>
    public HttpResponseMessage Response { get; }

    private static string Describe(string appId, string methodName, HttpResponseMessage response)
    {
        var outcome = response is null ? "no usable answer came" : $"the answer was {(int)response.StatusCode}";
        return $"Invoking method '{methodName ?? "unknown"}' of app '{appId ?? "unknown"}' failed: {outcome}.";
    }
}
