using System.Text.Json;
using Dapr;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>What a caller is told of a fault, however its request came in; the cause goes to the log.</summary>
public static partial class FaultProblems
{
    public static ProblemHttpResult For(Exception fault, ILogger logger)
    {
        switch (fault)
        {
            case JsonException malformed:
                return Problems.Validation(JsonFaults.Describe(malformed));
            case OverloadedException:
                return Problems.Overloaded("Too many requests wait for the same thing: nothing was done. Repeat it with the same Idempotency-Key.");
            case var unavailable when IsUnavailable(unavailable):
                LogUnavailable(logger, fault);
                return Problems.DependencyUnavailable(
                    "Something this request needs does not answer. What it did is unknown: repeat it with the same Idempotency-Key.");
            default:
                LogFault(logger, fault);
                return Problems.Internal();
        }
    }

    /// <summary>The name of the problem that <see cref="For"/> makes of a fault.</summary>
    public static string NameOf(Exception fault) => fault switch
    {
        JsonException => "validation",
        OverloadedException => "overloaded",
        _ when IsUnavailable(fault) => "dependency-unavailable",
        _ => "internal",
    };

    /// <summary>Nothing was sent, or JSON's null.</summary>
    public static ProblemHttpResult NoBody() => Problems.Validation(JsonFaults.Body, "a JSON body is required");

    private static bool IsUnavailable(Exception fault) =>
        fault is DependencyUnavailableException or DaprException or HttpRequestException or TimeoutException or OperationCanceledException;

    [LoggerMessage(LogLevel.Warning, "A dependency does not answer")]
    private static partial void LogUnavailable(ILogger logger, Exception fault);

    [LoggerMessage(LogLevel.Error, "A request failed unexpectedly")]
    private static partial void LogFault(ILogger logger, Exception fault);
}
