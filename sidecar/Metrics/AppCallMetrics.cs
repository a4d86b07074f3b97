namespace Sidecar.Metrics;

/// <summary>Calls that the sidecar makes to its app of its own accord: events of input bindings, and jobs.</summary>
internal sealed class AppCallMetrics
{
    private const string JobOperation = "job_trigger_op";

    private readonly Family _bindings;
    private readonly Family _bindingLatency;
    private readonly Family _jobs;
    private readonly Family _failedJobs;
    private readonly Family _jobLatency;

    public AppCallMetrics(FamilySet families)
    {
        _bindings = families.Counter("component_input_binding_count", "Events of input bindings.", true, "component", "success");
        _bindingLatency = families.Latency("component_input_binding_latencies", "Milliseconds until the app took an event of an input binding.", true, "component", "success");
        _jobs = families.Counter("component_job_success_count", "Runs of jobs that the app took.", true, "operation");
        _failedJobs = families.Counter("component_job_failure_count", "Runs of jobs that the app did not take.", true, "operation");
        _jobLatency = families.Latency("component_job_latencies", "Milliseconds until the app answered a job.", true, "operation", "success");
    }

    public void BindingRead(string component, bool success, TimeSpan elapsed)
    {
        var labels = new LabelValues(component, success ? "true" : "false");
        _bindings.Count(labels);
        _bindingLatency.Observe(labels, elapsed.TotalMilliseconds);
    }

    public void JobRun(bool success, TimeSpan elapsed)
    {
        (success ? _jobs : _failedJobs).Count(new LabelValues(JobOperation));
        _jobLatency.Observe(new LabelValues(JobOperation, success ? "true" : "false"), elapsed.TotalMilliseconds);
    }
}
