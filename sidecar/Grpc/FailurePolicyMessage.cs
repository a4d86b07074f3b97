using Google.Protobuf.WellKnownTypes;
using Sidecar.Actors.Reminders;
using Sidecar.Grpc.DaprApi;

namespace Sidecar.Grpc;

/// <summary>Failure policies of reminders and jobs on the wire.</summary>
internal static class FailurePolicyMessage
{
    /// <summary>Null when the client asks for none. Throws <see cref="GrpcException"/>, InvalidArgument.</summary>
    public static FailurePolicy? Read(JobFailurePolicy? policy) => policy?.PolicyCase switch
    {
        JobFailurePolicy.PolicyOneofCase.Drop => FailurePolicy.Drop,
        JobFailurePolicy.PolicyOneofCase.Constant => new FailurePolicy(
            IntervalOf(policy.Constant), policy.Constant.HasMaxRetries ? policy.Constant.MaxRetries : null),
        _ => null,
    };

    public static JobFailurePolicy Write(FailurePolicy policy)
    {
        if (policy == FailurePolicy.Drop)
        {
            return new JobFailurePolicy { Drop = new JobFailurePolicyDrop() };
        }

        var constant = new JobFailurePolicyConstant { Interval = Duration.FromTimeSpan(policy.Interval) };
        if (policy.MaxRetries is { } retries)
        {
            constant.MaxRetries = retries;
        }

        return new JobFailurePolicy { Constant = constant };
    }

    private static TimeSpan IntervalOf(JobFailurePolicyConstant policy)
    {
        try
        {
            var interval = policy.Interval?.ToTimeSpan() ?? TimeSpan.Zero;
            return interval >= TimeSpan.Zero && interval < TimeSpan.FromDays(40)
                ? interval
                : throw new GrpcException(GrpcStatusCode.InvalidArgument, "failure_policy.constant.interval must be from 0 s to 40 days");
        }
        catch (InvalidOperationException mistake)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"failure_policy.constant.interval: {mistake.Message}", mistake);
        }
    }
}
