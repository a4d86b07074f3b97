using System.Text;
using Sidecar.Actors;
using Sidecar.Http;
using Sidecar.Http.Errors;

namespace Sidecar.Grpc;

/// <summary>What the actor methods of Dapr's service have in common (dapr-contract.md 10.3).</summary>
internal static class ActorCalls
{
    /// <summary>Ends the call for a type of the runtime's own.</summary>
    public static ActorAddress Actor(string type, string id)
    {
        var actor = new ActorAddress(type, id);
        DaprService.ThrowIf(ActorNames.Refusal(actor));
        return actor;
    }

    public static void CheckName(string name)
    {
        if (ActorNames.Problem(name) is { } problem)
        {
            throw DaprService.ToException(ActorErrors.BadRequest(problem));
        }
    }

    /// <summary>Runs it with the actor runtime's faults as Dapr's errors.</summary>
    public static async Task<T> RunAsync<T>(Func<string, ApiError> otherwise, Func<Task<T>> run)
    {
        try
        {
            return await run();
        }
        catch (ActorException failure)
        {
            throw DaprService.ToException(ActorErrors.Of(failure, otherwise));
        }
    }

    /// <summary>Bytes of a gRPC client as an app that speaks HTTP gets them: a JSON text in base64. Empty stays empty.</summary>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlySpan<byte> data) =>
        data.IsEmpty ? default(ReadOnlyMemory<byte>) : Encoding.ASCII.GetBytes($"\"{Convert.ToBase64String(data)}\"");
}
