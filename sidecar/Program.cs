await Console.Error.WriteLineAsync("usage: sidecar run -f dapr.yaml | daprd <flags> | stop | list | logs <app>");
return 1;
