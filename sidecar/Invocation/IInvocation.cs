using System.Globalization;
using Sidecar.Resiliency;

namespace Sidecar.Invocation;

/// <summary>A client's call as it is made anew for each attempt to reach the app.</summary>
internal interface IInvocation
{
    /// <summary>A body of unknown length is never kept, so the call is made once (dapr-contract.md 7.1).</summary>
    bool IsStream { get; }

    /// <summary>True while not a byte of the body has been given away for good.</summary>
    bool CanBeSentAgain { get; }

    /// <summary>True for a body that is whole once it has come; what may be a conversation is not kept without a policy that asks for it.</summary>
    bool MayBeKept => true;

    /// <summary>Reads the body into memory, so that a policy may send it again.</summary>
    Task KeepBodyAsync(CancellationToken cancellationToken);

    HttpRequestMessage Build();

    /// <summary>Whether the answer is a failure that a policy may try again, and by which code.</summary>
    Attempt<HttpResponseMessage> Judge(HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        return status is >= 200 and <= 399
            ? answer
            : Attempt<HttpResponseMessage>.Failure(
                answer, SidecarHeaders.Find(answer, SidecarHeaders.GrpcStatus) is { } code ? int.Parse(code, CultureInfo.InvariantCulture) : status);
    }
}
