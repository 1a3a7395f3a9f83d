module podsg.invalid/lab/tools/controller

go 1.26

require github.com/aws/amazon-vpc-resource-controller-k8s v1.8.2
